"""The WSGI entry point for application servers: `django_celery.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application
from workshift.headers import simplify_for_wsgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_celery.settings")

application = simplify_for_wsgi(get_wsgi_application())
