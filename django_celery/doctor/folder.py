"""The project's folder: can what `./scripts/dev` starts write there?"""

from django.conf import settings

from django_celery.doctor.findings import Findings, ok, problem
from django_celery.doctor.patient import Patient
from django_celery.stack.errors import CannotStartError
from django_celery.stack.folder import require_usable


def usable(patient: Patient) -> Findings:
    """Look at the folder and at `.run` in it, which production does not use."""
    if not settings.DEBUG:
        return
    try:
        require_usable(patient.folder)
    except CannotStartError as error:
        yield problem(str(error), "")
    else:
        yield ok(f"{patient.folder} and what is in .run can be written.")
