"""The demo app: a form whose message a Celery task sends by e-mail. Read it, then take it out: README.md."""
