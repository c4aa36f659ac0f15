"""The ASGI entry point for application servers: `django_celery.asgi:application`."""

import os

from django.core.asgi import get_asgi_application
from workshift.headers import simplify_for_asgi

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_celery.settings")

application = simplify_for_asgi(get_asgi_application())
