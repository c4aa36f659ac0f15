"""The project's settings, read from the environment and `.env`; safe by default.

`.env.example` explains the variables. A real environment variable overrides `.env`.
"""

from pathlib import Path

from workshift.env import Environment, dotenv_file

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
# ENV_FILE names another file to read instead: the tests must not depend on yours.
DOTENV = dotenv_file(BASE_DIR / ".env")

env.read_env(DOTENV)


# Core

# Off by default: a page with a traceback shows settings and source code to anyone who sees it.
DEBUG = env.bool("DEBUG", default=False)

# No default: a key in the repository is not a secret. `scripts/dev` generates one.
SECRET_KEY = env.str("SECRET_KEY")

# The host names of this site. Django also allows localhost while DEBUG is on.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])

ROOT_URLCONF = "django_celery.urls"

WSGI_APPLICATION = "django_celery.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    # Provides `manage.py runworker`, `dev` and `doctor`, and checks Celery's settings.
    "workshift",
    # This package: its templates, static files and translations.
    "django_celery",
    "feedback",
    "workshift.durable",
]

if DEBUG:
    # It shows every e-mail to anyone.
    INSTALLED_APPS.append("workshift.mailbox")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Before anything that responds, so that every page gets the policy.
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # After the sessions and before CommonMiddleware, as Django's documentation says.
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

if not DEBUG:
    # Serves what `manage.py collectstatic` has collected; with DEBUG, runserver needs no collecting.
    # As early as possible, but after the policy, which files should get, too.
    MIDDLEWARE.insert(2, "whitenoise.middleware.WhiteNoiseMiddleware")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Each app has its own templates; there are no others.
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


# Database

# SQLite needs no server; in production set DATABASE_URL=postgres://user:password@host/name.
DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        default={"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"},
    )
}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # Take the write lock when a transaction begins: upgrading later fails at once with
        # "database is locked" if web and worker write at the same time.
        "transaction_mode": "IMMEDIATE",
        # Seconds to wait for the other process's write lock before giving up.
        "timeout": 20,
        # WAL lets readers continue while one process writes; with it, NORMAL is safe if the
        # process crashes, and much faster than FULL.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Seconds to reuse a connection: closing the last one writes back the whole log, which takes
    # longer than many tasks. Few, so that a replaced file is noticed soon.
    DATABASES["default"]["CONN_MAX_AGE"] = 5
else:
    # Seconds to reuse a connection; a new one for each request is slower.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    # The server may have closed a reused connection in the meantime: check first.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]


# Languages and time

LANGUAGE_CODE = "en"

# Each name is in its own language, so that its speakers recognise it.
LANGUAGES = [("en", "English"), ("ru", "Русский")]

USE_TZ = True

TIME_ZONE = env.time_zone("TIME_ZONE", default="UTC")


# Static files

STATIC_URL = "static/"

# Where `manage.py collectstatic` collects the files for production.
STATIC_ROOT = BASE_DIR / "static"


# E-mail

DEFAULT_FROM_EMAIL = "support@example.com"

# Without EMAIL_HOST, an e-mail is printed in the output of the process that sends it; with DEBUG,
# it is also shown at /dev/mailbox/.
# Not one of Django's names: it refuses to start with MAILERS and a deprecated EMAIL_* setting.
MAIL_SERVER = env.str("EMAIL_HOST", default="")

if MAIL_SERVER:
    MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {
                "host": MAIL_SERVER,
                "port": env.port("EMAIL_PORT", default=587),
                "username": env.str("EMAIL_USER", default=""),
                "password": env.str("EMAIL_PASSWORD", default=""),
                "use_tls": env.bool("EMAIL_USE_TLS", default=True),
                # Seconds. SMTP has no timeout of its own, and a server that accepts a connection
                # but does not respond would block a worker process until the task's time limit.
                "timeout": 10,
            },
        }
    }
elif DEBUG:
    MAILERS = {"default": {"BACKEND": "workshift.mailbox.backend.EmailBackend"}}
else:
    MAILERS = {"default": {"BACKEND": "workshift.terminal.EmailBackend"}}

# Where the development mailbox stores its e-mails. The reload does not watch `.run`.
MAILBOX_FOLDER = BASE_DIR / ".run" / "mailbox"


# Security

# Only what the site itself serves; neither Django nor we write inline scripts or styles.
SECURE_CSP = {
    "default-src": ["'self'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "object-src": ["'none'"],
}

# Without DEBUG, the site is assumed to use HTTPS. `USE_HTTPS=off` is for trying the production
# settings on a machine without a certificate.
USE_HTTPS = env.bool("USE_HTTPS", default=not DEBUG)

SESSION_COOKIE_SECURE = USE_HTTPS

CSRF_COOKIE_SECURE = USE_HTTPS

# Our own page for a form that was open too long.
CSRF_FAILURE_VIEW = "django_celery.views.csrf_failure"

SECURE_SSL_REDIRECT = USE_HTTPS

# Seconds for which browsers will refuse plain HTTP with this site. That cannot be undone, so it is
# an hour until HTTPS is known to work; docs/production.md says when to raise it.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600) if USE_HTTPS else 0

# Whether to include all subdomains, or to join the list built into browsers, is the domain owner's
# decision, and needs two more settings. These silence the two warnings that ask for them.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# On only behind exactly one proxy that sets X-Forwarded-Proto and X-Forwarded-For, and replaces
# what visitors send in them: otherwise visitors could pass off plain HTTP as HTTPS, and fake their
# address.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)

if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


# Caches

CACHES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}


# Redis

# A server of your own. Without it, `scripts/dev` starts one for this project on REDIS_PORT.
REDIS_URL = env.redis_url("REDIS_URL", default="") or (
    f"redis://127.0.0.1:{env.port('REDIS_PORT', default=6379)}/0"
)

# The prefix of every key, so that projects that share a server do not see each other's tasks.
# `scripts/dev` gives each clone its own.
REDIS_PREFIX = env.str("REDIS_PREFIX", default="django_celery:")


# Celery: docs/decisions.md explains these settings, with measurements.

# Another broker that Celery supports, such as amqp://, goes here. Then remove
# CELERY_BROKER_TRANSPORT_OPTIONS, which is for Redis; results stay in Redis.
CELERY_BROKER_URL = REDIS_URL

# With our own class: see packages/workshift/src/workshift/celery/results.py.
CELERY_RESULT_BACKEND = f"workshift.celery.results:ResultStore+{REDIS_URL}"

# Seconds (a day) to keep a result; without a limit Redis fills up.
CELERY_RESULT_EXPIRES = 86_400

# Not "celery", so that another project's worker on the same Redis never takes our tasks.
CELERY_TASK_DEFAULT_QUEUE = "django_celery"

# Seconds after which a task is interrupted (soft: it may clean up) or killed (hard), so that a
# task that hangs does not block a worker process forever.
CELERY_TASK_SOFT_TIME_LIMIT = 300

CELERY_TASK_TIME_LIMIT = 330

CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    # Seconds after which Redis gives an unacknowledged task to another worker. It must be longer
    # than the longest task, or that task runs twice.
    "visibility_timeout": 900,
    # Check for such tasks every 5 seconds, each time. By default, a task could be redelivered up to
    # two minutes late.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Seconds. Without these, a page that sends a task hangs for minutes if Redis does not respond.
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
}

# Try to send only once: a page must not wait for Redis to come back.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}

# The same timeouts, in seconds, for the connection that stores and reads results.
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 0.5

CELERY_REDIS_SOCKET_TIMEOUT = 1

CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "retry_policy": {"max_retries": 0},
}

# Acknowledge a task when it is done, not when it starts: if the worker dies, it is redelivered.
CELERY_TASK_ACKS_LATE = True

# Requeue it even if only the pool process dies (killed, out of memory).
CELERY_TASK_REJECT_ON_WORKER_LOST = True

# Take a task only when a process is free for it, so that none waits behind a long one.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# Do not close the database after each task, as Celery would: celery.py uses Django's rule instead.
CELERY_DB_REUSE_MAX = 1_000_000_000

# Let running tasks finish if the connection breaks: late acknowledgement would run them again.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False

# A worker that starts before Redis, or outlives it, waits for it however long that takes, and
# continues half a second after it is back.
CELERY_WORKER_CONSUMER = "workshift.celery.consumer:PatientConsumer"

# Store that a task has started: otherwise, django.tasks never shows a task as RUNNING.
CELERY_TASK_TRACK_STARTED = True

# JSON only: unpickling a message can run any code that its sender put there.
CELERY_ACCEPT_CONTENT = ["json"]

CELERY_TASK_SERIALIZER = "json"

CELERY_RESULT_SERIALIZER = "json"

# Store the task's name and arguments with its result: django.tasks needs them.
CELERY_RESULT_EXTENDED = True

CELERY_TIMEZONE = TIME_ZONE

# Otherwise Celery would override LOGGING below and turn what tasks print into log records, which
# breaks `breakpoint()` and the e-mails that the console backend prints.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

CELERY_WORKER_REDIRECT_STDOUTS = False


# Django's own tasks, run by the same worker. Without this, Django would run each in the request
# that enqueues it. packages/workshift/docs/django-tasks.md says when to use them.
TASKS = {"default": {"BACKEND": "workshift.django_tasks.CeleryBackend"}}


# Durable tasks: packages/workshift/docs/durable-tasks.md says what they are for.

# Seconds that a worker has for one attempt. Longer than CELERY_TASK_TIME_LIMIT, so that the first
# worker is certainly dead when a second gets the row. It is also the longest wait after a crash.
DURABLE_LEASE_SECONDS: float = 360

# A row fails for good after this many attempts: with the waits below, after an hour and a half.
DURABLE_ATTEMPTS = 10

# Seconds to wait after the first failed attempt. The wait doubles each time: 10, 20, 40 …
DURABLE_BACKOFF_SECONDS: float = 10

# Seconds for a hint to reach a worker before the sweep sends another. A task that Redis has lost is
# late by at most this plus the sweep's interval.
DURABLE_GRACE_SECONDS: float = 5

# Seconds between two sweeps. One that finds nothing costs a query for each model.
DURABLE_SWEEP_SECONDS: float = 5

# Sent by Celery's beat: part of `runworker` in development, its own process in production.
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "workshift.durable.sweep",
        "schedule": DURABLE_SWEEP_SECONDS,
        # Seconds (an hour). A worker that returns after days discards older sweeps instead of
        # running them all. Until then they stay in Redis: 20 MB for each day without a worker.
        "options": {"expires": 3600},
    }
}


# Logging

LOG_LEVEL = env.log_level("LOG_LEVEL", default="INFO")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # Any line can contain a visitor's text, and a terminal would obey its control characters.
    "formatters": {
        "plain": {
            "()": "workshift.terminal.Formatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    # The sweep runs every few seconds, and live pages send requests more often; their lines would
    # drown out all others.
    "filters": {
        "without_sweep": {"()": "workshift.durable.log.WithoutSweep"},
        "without_live_pages": {"()": "workshift.log.WithoutLivePages"},
    },
    # Always to the console: how the process is run decides where its output goes.
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["without_sweep", "without_live_pages"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Django's default sends errors by e-mail and, with DEBUG off, logs nothing to the console.
    "loggers": {
        "django": {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False},
        # The worker's own lines already show when each task starts and ends, and its traceback.
        "django.tasks": {"level": "CRITICAL"},
    },
}


# The demo app

# Seconds that the demo's task pretends to work, to show that the visitor does not wait.
FEEDBACK_DELAY_SECONDS = env.seconds("FEEDBACK_DELAY_SECONDS", default=5)

# The most messages an hour from one visitor, and to one address; 0 means no limit.
FEEDBACK_PER_VISITOR = env.int("FEEDBACK_PER_VISITOR", default=60)

FEEDBACK_PER_ADDRESS = env.int("FEEDBACK_PER_ADDRESS", default=20)

# Counts the messages of the form. In each web process's memory: always available, and no request
# waits for it. docs/decisions.md says what a shared one would change.
CACHES["limits"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "limits",
    # Above this many counters, some are dropped at random; the default is 300.
    "OPTIONS": {"MAX_ENTRIES": 20_000},
}
