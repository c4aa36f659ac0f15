"""Tasks for the tests: a worker learns them with `--include tests.mailbox.tasks`."""

from celery import shared_task
from django.core.mail import send_mail


@shared_task
def send(subject: str, text: str, html: str) -> None:
    """Send an e-mail to anna@example.com."""
    send_mail(subject, text, None, ["anna@example.com"], html_message=html)


@shared_task
def echo(text: str) -> str:
    """Return what it was given, for the worker to log."""
    return text
