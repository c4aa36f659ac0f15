"""The web servers that are compared: this project's `runserver`, and the others as documented."""

from dataclasses import replace

from benchmarks.runners import Runner

# Stands in the commands for the port that is free.
PORT = "{port}"

# The project that `startproject` makes.
SITE = "mysite"

OURS = Runner(
    "runserver",
    "runserver",
    ("python", "manage.py", "runserver", PORT),
    "this project, with `workshift` as the first of the installed apps",
    ours=True,
    settings='INSTALLED_APPS.insert(0, "workshift")\n',
)

RUNNERS = (
    OURS,
    replace(
        OURS,
        name="django-runserver",
        title="Django's runserver",
        source="Django's tutorial; the same project without the library",
        ours=False,
        settings="",
    ),
    Runner(
        "django-watchfiles",
        "Django's runserver, watchfiles",
        OURS.command,
        "django-watchfiles' README: one more app",
        settings='INSTALLED_APPS += ["django_watchfiles"]\n',
    ),
    Runner(
        "runserver-plus",
        "runserver_plus",
        ("python", "manage.py", "runserver_plus", "--reloader-type", "stat", PORT),
        "django-extensions' documentation, with Werkzeug; its other reloader sees no save beside "
        "watchdog 7, which is installed here",
        settings='INSTALLED_APPS += ["django_extensions"]\n',
    ),
    Runner(
        "gunicorn",
        "gunicorn --reload",
        ("gunicorn", "--reload", "--bind", f"127.0.0.1:{PORT}", f"{SITE}.wsgi"),
        "gunicorn's documentation; one synchronous worker is its default",
    ),
    Runner(
        "uvicorn",
        "uvicorn --reload",
        ("uvicorn", "--reload", "--port", PORT, f"{SITE}.asgi:application"),
        "uvicorn's documentation, with watchfiles as it recommends",
    ),
    Runner(
        "granian",
        "granian --reload",
        ("granian", "--reload", "--interface", "wsgi", "--port", PORT, f"{SITE}.wsgi:application"),
        "granian's README, with its extra `reload`",
    ),
    Runner(
        "superreload",
        "superreload",
        ("python", "manage.py", "superreload", PORT),
        "its README: one more app, and a middleware; it replaces modules within one process",
        settings='INSTALLED_APPS += ["superreload.frameworks.django"]\n'
        'MIDDLEWARE.insert(0, "superreload.frameworks.django.SuperReloadMiddleware")\n',
    ),
)
