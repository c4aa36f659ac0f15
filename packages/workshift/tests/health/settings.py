"""The project's settings as a site in production has them, with pages and tasks that log."""

from tests.mysite.settings import *  # noqa: F403 - all of them, as they are.
from workshift.health import questions

# Seconds. A test must not wait for an answer to go stale.
questions.FRESH = 0.1

ALLOWED_HOSTS = ["example.com"]

ROOT_URLCONF = "tests.health.pages"

SECURE_SSL_REDIRECT = True

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CELERY_IMPORTS = ["tests.health.tasks"]
