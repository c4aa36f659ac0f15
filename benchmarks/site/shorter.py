"""The project's settings, with the waits after a worker's death shortened to `LEASE` seconds."""

import os

from django_celery.settings import *  # noqa: F403 - all of them, as they are.
from django_celery.settings import CELERY_BROKER_TRANSPORT_OPTIONS, MAILERS

_LEASE = int(os.environ["LEASE"])

DURABLE_LEASE_SECONDS = _LEASE

# In the order of the real ones.
CELERY_TASK_TIME_LIMIT = _LEASE - 2

CELERY_TASK_SOFT_TIME_LIMIT = _LEASE - 4

MAILERS["default"]["OPTIONS"]["timeout"] = 2  # type: ignore[index]

CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | {
    "visibility_timeout": _LEASE * 900 // 360
}
