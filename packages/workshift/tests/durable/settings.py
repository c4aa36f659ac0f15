"""The project's settings with the test app, and with waits that a test can sit out."""

import os

from tests.mysite.settings import *  # noqa: F403 - all of them, as they are.
from tests.mysite.settings import CELERY_BEAT_SCHEDULE, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.durable.parcels"]

# Longer in tests of what may have to wait a second or two within one attempt.
CELERY_TASK_TIME_LIMIT = int(os.environ.get("TIME_LIMIT", "2"))

CELERY_TASK_SOFT_TIME_LIMIT = CELERY_TASK_TIME_LIMIT // 2

# Tests of a single crash let the lease end themselves; long, so that a slow machine does not.
DURABLE_LEASE_SECONDS = float(os.environ.get("LEASE", "60"))

DURABLE_ATTEMPTS = 3

DURABLE_BACKOFF_SECONDS = 0.2

DURABLE_GRACE_SECONDS = 0.5

DURABLE_SWEEP_SECONDS = 0.5

SWEEP = float(os.environ.get("SWEEP", "0.5"))

CELERY_BEAT_SCHEDULE = {"sweep": CELERY_BEAT_SCHEDULE["sweep"] | {"schedule": SWEEP}}
