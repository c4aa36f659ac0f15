"""The project's settings, with waits that a test decides about."""

import os

from django_celery.settings import *  # noqa: F403 - all of them, as they are.
from django_celery.settings import CELERY_BEAT_SCHEDULE, MAIL_SERVER

# The second failure is the last one.
DURABLE_ATTEMPTS = 2

# So long that it only goes on when the test says so.
DURABLE_BACKOFF_SECONDS = 3600

DURABLE_GRACE_SECONDS = 0.5

DURABLE_SWEEP_SECONDS = 0.5

CELERY_BEAT_SCHEDULE = {"sweep": CELERY_BEAT_SCHEDULE["sweep"] | {"schedule": 0.5}}

if MAIL_SERVER:
    # The test lets the worker wait at the mail server for as long as it looks at the page.
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": MAIL_SERVER, "port": os.environ["EMAIL_PORT"], "timeout": 120},
        }
    }
