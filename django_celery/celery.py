"""The Celery app: configured by Django's settings, with the tasks in every app's `tasks.py`."""

import os

from workshift.celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_celery.settings")

app = Celery("django_celery")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
