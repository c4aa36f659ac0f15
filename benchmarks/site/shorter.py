"""The project's settings, with waits of `LEASE` seconds after a death and `GRACE` after a loss."""

import os
from datetime import timedelta

from django.utils import timezone

from django_celery.settings import *  # noqa: F403 - all of them, as they are.
from django_celery.settings import (
    CELERY_BEAT_SCHEDULE,
    CELERY_BROKER_TRANSPORT_OPTIONS,
    MAILERS,
)

# How many seconds the clock of this machine is ahead. Not by libfaketime, with which Python's
# time.sleep fails; what decides about rows asks Django for the time.
if _AHEAD := int(os.environ.get("CLOCK_AHEAD", "0")):
    _right = timezone.now
    timezone.now = lambda: _right() + timedelta(seconds=_AHEAD)

_LEASE = int(os.environ["LEASE"])
_GRACE = int(os.environ["GRACE"])

DURABLE_LEASE_SECONDS = _LEASE

DURABLE_GRACE_SECONDS = DURABLE_SWEEP_SECONDS = _GRACE

CELERY_BEAT_SCHEDULE["sweep"]["schedule"] = _GRACE

# In the order of the real ones.
CELERY_TASK_TIME_LIMIT = _LEASE - 1

CELERY_TASK_SOFT_TIME_LIMIT = _LEASE - 2

MAILERS["default"]["OPTIONS"]["timeout"] = max(_LEASE // 4, 1)  # type: ignore[index]

CELERY_BROKER_TRANSPORT_OPTIONS = CELERY_BROKER_TRANSPORT_OPTIONS | {
    "visibility_timeout": _LEASE * 900 // 360
}
