"""The Celery app of the tests' project."""

import os

from workshift.celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.mysite.settings")

app = Celery("mysite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
