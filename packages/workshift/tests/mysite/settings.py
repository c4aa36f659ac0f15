"""Settings of the tests' project, for every Django that the library supports.

The environment says what differs between tests; `tests/environment.py` sets it.
"""

from pathlib import Path

import django

from workshift.env import Environment, dotenv_file

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()

DOTENV = dotenv_file(BASE_DIR / ".env")

env.read_env(DOTENV)

DEBUG = env.bool("DEBUG", default=False)

SECRET_KEY = env.str("SECRET_KEY", default="for the tests only")

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

ROOT_URLCONF = "tests.mysite.urls"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "workshift",
    "workshift.durable",
    "tests.mysite.letters",
]

if DEBUG:
    INSTALLED_APPS.append("workshift.mailbox")

MIDDLEWARE = [
    "workshift.health.middleware.probes",
    "workshift.request_id.middleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

if django.VERSION >= (6, 0):
    MIDDLEWARE.insert(3, "django.middleware.csp.ContentSecurityPolicyMiddleware")
    SECURE_CSP = {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "frame-ancestors": ["'none'"],
    }

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

DATABASES = {
    "default": env.database(
        "DATABASE_URL",
        default={"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"},
    )
}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Web and workers of a test write at the same time.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGES = [("en", "English"), ("ru", "Русский")]

USE_TZ = True

TIME_ZONE = env.time_zone("TIME_ZONE", default="UTC")

CELERY_TIMEZONE = TIME_ZONE

STATIC_URL = "static/"

STATIC_ROOT = BASE_DIR / "static"

MAIL_BACKEND = "workshift." + ("mailbox.backend" if DEBUG else "terminal") + ".EmailBackend"

if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": MAIL_BACKEND}}
else:
    EMAIL_BACKEND = MAIL_BACKEND

if folder := env.str("MAILBOX", default=""):
    MAILBOX_FOLDER = Path(folder)

REDIS_URL = env.redis_url("REDIS_URL", default="redis://127.0.0.1:6379/0")

REDIS_PREFIX = env.str("REDIS_PREFIX", default="mysite:")

CELERY_BROKER_URL = REDIS_URL

CELERY_RESULT_BACKEND = f"workshift.celery.results:ResultStore+{REDIS_URL}"

CELERY_TASK_DEFAULT_QUEUE = "mysite"

CELERY_TASK_SOFT_TIME_LIMIT = 300

CELERY_TASK_TIME_LIMIT = 330

CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "visibility_timeout": 900,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
}

CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}

CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 0.5

CELERY_REDIS_SOCKET_TIMEOUT = 1

CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "retry_policy": {"max_retries": 0},
}

CELERY_TASK_ACKS_LATE = True

CELERY_TASK_REJECT_ON_WORKER_LOST = True

CELERY_WORKER_PREFETCH_MULTIPLIER = 1

CELERY_DB_REUSE_MAX = 1_000_000_000

CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False

CELERY_WORKER_CONSUMER = "workshift.celery.consumer:PatientConsumer"

CELERY_TASK_TRACK_STARTED = True

CELERY_RESULT_EXTENDED = True

CELERY_WORKER_HIJACK_ROOT_LOGGER = False

CELERY_WORKER_REDIRECT_STDOUTS = False

CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "workshift.durable.sweep", "schedule": 5, "options": {"expires": 3600}}
}

TASKS = {"default": {"BACKEND": "workshift.django_tasks.CeleryBackend"}}

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": "workshift.json_log.Formatter"}
        if env.log_format("LOG_FORMAT", default="plain") == "json"
        else {
            "()": "workshift.terminal.Formatter",
            "format": "{asctime} {levelname}{of_request} {name}: {message}",
            "style": "{",
        }
    },
    "filters": {
        "ids": {"()": "workshift.request_id.Filter"},
        "without_sweep": {"()": "workshift.durable.log.WithoutSweep"},
        "without_live_pages": {"()": "workshift.log.WithoutLivePages"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "lines",
            "filters": ["ids", "without_sweep", "without_live_pages"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.tasks": {"level": "CRITICAL"},
    },
}
