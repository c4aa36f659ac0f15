"""The demo app: a form whose message a Celery task sends by e-mail. To remove it: README.md."""
