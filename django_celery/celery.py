"""The Celery application: configured by Django's settings, tasks from every app's `tasks.py`."""

import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, task_postrun, task_prerun
from django.db import close_old_connections

from django_celery import foreign
from django_celery.environment import one_sentence_if_invalid, use_settings
from django_celery.exits import Tasks

with one_sentence_if_invalid():
    use_settings("django_celery.settings")

foreign.set_aside()

# celery-types asks for the class, which Celery does not take.
app = Celery("django_celery", tasks=Tasks())  # type: ignore[arg-type]
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A generation imports this first; Celery's command line, which it runs then, sets some anew.
celeryd_init.connect(lambda **_: foreign.set_aside(), weak=False)

# As before and after each request: connections that are too old or broken are closed.
task_prerun.connect(close_old_connections)
task_postrun.connect(close_old_connections)


@app.on_configure.connect
def read_settings(**_: Any) -> None:
    """Read Django's settings before Celery does: it would print the traceback of a bad `.env`."""
    with one_sentence_if_invalid():
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
