"""The project's settings with waits that a test can sit out, and no limit on visitors."""

from typing import Any

from django_celery.settings import *  # noqa: F403 - all of them, as they are.
from django_celery.settings import CELERY_BEAT_SCHEDULE
from django_celery.settings import MAILERS as PROJECT_MAILERS

_mailer: dict[str, Any] = dict(PROJECT_MAILERS["default"])
MAILERS = {"default": _mailer | {"OPTIONS": _mailer["OPTIONS"] | {"timeout": 1}}}

CELERY_TASK_SOFT_TIME_LIMIT = 3

CELERY_TASK_TIME_LIMIT = 4

DURABLE_LEASE_SECONDS = 6

DURABLE_ATTEMPTS = 40

DURABLE_BACKOFF_SECONDS = 0.1

DURABLE_GRACE_SECONDS = 1

CELERY_BEAT_SCHEDULE = {"sweep": CELERY_BEAT_SCHEDULE["sweep"] | {"schedule": 0.5}}

FEEDBACK_PER_VISITOR = FEEDBACK_PER_ADDRESS = 0
