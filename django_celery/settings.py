"""Settings of the whole project, read from the environment and `.env`; safe by default.

`.env.example` explains the variables. A real environment variable wins over `.env`.
"""

from pathlib import Path

from workshift.env import Environment, dotenv_file

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
# ENV_FILE names another file in its place: the tests must not depend on yours.
DOTENV = dotenv_file(BASE_DIR / ".env")

env.read_env(DOTENV)


# Core

# Off unless asked for: a page with a traceback shows settings and source to whoever sees it.
DEBUG = env.bool("DEBUG", default=False)

# No default: a key that stands in the repository is no secret. `scripts/dev` writes a fresh one.
SECRET_KEY = env.str("SECRET_KEY")

# The host names that this site answers to. Django allows localhost by itself while DEBUG is on.
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
    # Brings `manage.py runworker`, `dev` and `doctor`, and checks Celery's settings.
    "workshift",
    # This package: its templates, static files and translations.
    "django_celery",
    "feedback",
    "workshift.durable",
]

if DEBUG:
    # It shows every e-mail to whoever asks.
    INSTALLED_APPS.append("workshift.mailbox")

MIDDLEWARE = [
    # Before anything that redirects or refuses: probes ask by plain HTTP and by the machine's address.
    "workshift.health.middleware.probes",
    # One id for a request, its log lines, and its tasks and theirs.
    "workshift.request_id.middleware",
    "django.middleware.security.SecurityMiddleware",
    # Before anything that answers, so that every page carries the policy.
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # After the sessions and before CommonMiddleware, as Django's documentation asks for.
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

if not DEBUG:
    # Serves what `manage.py collectstatic` has gathered; with DEBUG, runserver needs no gathering.
    # As early as it can be, and behind the policy, which files should carry, too.
    MIDDLEWARE.insert(4, "whitenoise.middleware.WhiteNoiseMiddleware")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Each app brings its own templates; there is no second place to look for them.
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
        # Take the write lock when a transaction begins: upgrading it later fails at once with
        # "database is locked" when web and worker write at the same time.
        "transaction_mode": "IMMEDIATE",
        # Seconds to wait for the other process's write lock before giving up.
        "timeout": 20,
        # WAL lets readers go on while one process writes; with it, NORMAL is safe against a
        # crash of the process and much faster than FULL.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # Seconds that a connection is reused for: to close the last one writes the whole log back,
    # which takes longer than many a task. Few, so that a file put in its place is soon seen.
    DATABASES["default"]["CONN_MAX_AGE"] = 5
else:
    # Seconds that a connection is reused for; connecting anew for each request costs more.
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    # A reused connection may have been closed by the server in the meantime: look first.
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    DATABASES["default"]["OPTIONS"] = {
        # Seconds to connect, and milliseconds of silence after which a connection is given up (the
        # system asks after ten idle seconds). A server whose machine has vanished would otherwise
        # hold every process for a quarter of an hour or more.
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        **DATABASES["default"].get("OPTIONS", {}),
    }

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]


# Languages and time

LANGUAGE_CODE = "en"

# Each name is written in its own language, so that its speakers recognise it.
LANGUAGES = [("en", "English"), ("ru", "Русский")]

USE_TZ = True

TIME_ZONE = env.time_zone("TIME_ZONE", default="UTC")


# Static files

STATIC_URL = "static/"

# Where `manage.py collectstatic` gathers the files of a production site.
STATIC_ROOT = BASE_DIR / "static"


# E-mail

DEFAULT_FROM_EMAIL = "support@example.com"

# Without EMAIL_HOST an e-mail is printed in the output of the process that sends it; with DEBUG,
# it can be looked at under /dev/mailbox/ as well.
# Not a name of Django's own: it refuses to start with MAILERS and a deprecated EMAIL_* setting.
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
                # Seconds. SMTP has no limit of its own, and a server that accepts and then says
                # nothing would hold a worker process until the task's time limit.
                "timeout": 10,
            },
        }
    }
elif DEBUG:
    MAILERS = {"default": {"BACKEND": "workshift.mailbox.backend.EmailBackend"}}
else:
    MAILERS = {"default": {"BACKEND": "workshift.terminal.EmailBackend"}}

# Where the development mailbox keeps its e-mails. The reload watches nothing in `.run`.
MAILBOX_FOLDER = BASE_DIR / ".run" / "mailbox"


# Security

# Only what the site itself serves; Django writes no inline script or style, and neither do we.
SECURE_CSP = {
    "default-src": ["'self'"],
    "base-uri": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "object-src": ["'none'"],
}

# Without DEBUG the site is taken to be behind HTTPS. `USE_HTTPS=off` is for trying the
# production settings on a machine without a certificate.
USE_HTTPS = env.bool("USE_HTTPS", default=not DEBUG)

SESSION_COOKIE_SECURE = USE_HTTPS

CSRF_COOKIE_SECURE = USE_HTTPS

# Our own page for a form that was open for too long.
CSRF_FAILURE_VIEW = "django_celery.views.csrf_failure"

SECURE_SSL_REDIRECT = USE_HTTPS

# Seconds for which browsers will refuse to speak plain HTTP with this site. They cannot be taken
# back, so an hour until HTTPS is known to work; docs/production.md says when to raise them.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600) if USE_HTTPS else 0

# To speak for all subdomains, or for the list that browsers come with, is up to who owns the
# domain: two lines of their own. Until then these two warnings, which ask for them, say nothing.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Django's page about an error hides SECRET_KEY and the like; this hides passwords in addresses, too.
DEFAULT_EXCEPTION_REPORTER_FILTER = "workshift.secrets.ReporterFilter"

# Whether exactly one proxy stands in front, sets X-Forwarded-Proto and X-Forwarded-For, and
# replaces what visitors send under these names: otherwise a visitor could pass off plain HTTP as
# HTTPS, and anybody's address as their own.
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)

if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


# Caches

CACHES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}


# The broker, which holds the tasks, and Redis, which is the broker and holds the results

# A server of your own. Without it, `scripts/dev` starts one for this project on REDIS_PORT, unless
# the broker is another one: packages/workshift/docs/brokers.md.
REDIS_URL = env.redis_url("REDIS_URL", default="")

CELERY_BROKER_URL = env.broker_url("CELERY_BROKER_URL", default=REDIS_URL) or (
    f"redis://127.0.0.1:{env.port('REDIS_PORT', default=6379)}/0"
)

RABBITMQ = CELERY_BROKER_URL.startswith("amqp")

if not RABBITMQ:
    # Results are stored beside the tasks.
    REDIS_URL = REDIS_URL or CELERY_BROKER_URL

# Written before the name of every key, so that projects which share a server do not see each
# other's tasks. `scripts/dev` gives each clone its own.
REDIS_PREFIX = env.str("REDIS_PREFIX", default="django_celery:")

# What sentinels, if REDIS_URL names some, call the server that they watch.
REDIS_MASTER_NAME = env.str("REDIS_MASTER_NAME", default="mymaster")


# Celery: what these do and why, in figures, is in docs/decisions.md.

# Our own class in front of the address: see packages/workshift/src/workshift/celery/results.py.
# With RabbitMQ and no Redis, results are not stored; durable tasks do not need them.
CELERY_RESULT_BACKEND = f"workshift.celery.results:ResultStore+{REDIS_URL}" if REDIS_URL else None

# Seconds (a day) that a result can be asked for; without a limit Redis fills up.
CELERY_RESULT_EXPIRES = 86_400

# A queue of this name, not "celery", so that a worker of another project on the same broker
# never takes our tasks.
CELERY_TASK_DEFAULT_QUEUE = "django_celery"

# Seconds after which a task is interrupted (soft: it may clean up) or killed (hard), so that
# one that hangs does not hold a worker process for ever.
CELERY_TASK_SOFT_TIME_LIMIT = 300

CELERY_TASK_TIME_LIMIT = 330

CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
    "global_keyprefix": REDIS_PREFIX,
    "master_name": REDIS_MASTER_NAME,
    # Seconds after which Redis hands an unacknowledged task to another worker. It must be longer
    # than the longest task, or that task is run twice.
    "visibility_timeout": 900,
    # How often to look for such tasks: every 5 seconds, at each look. The default is so rare that
    # a task would come back up to two minutes late.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Seconds. Without these a page that sends a task hangs for minutes when Redis is silent.
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
}

# One attempt to send: a page must not wait for the broker to come back.
CELERY_TASK_PUBLISH_RETRY_POLICY: dict[str, float] = {"max_retries": 0}

if RABBITMQ:
    # Queues that outlive the loss of a node. They are of the kind "topic" because only with those
    # does RabbitMQ itself hold a task that has a countdown, until it is due.
    CELERY_TASK_DEFAULT_QUEUE_TYPE = CELERY_TASK_CREATE_MISSING_QUEUE_TYPE = "quorum"
    CELERY_TASK_DEFAULT_EXCHANGE_TYPE = CELERY_TASK_CREATE_MISSING_QUEUE_EXCHANGE_TYPE = "topic"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # A task counts as sent when RabbitMQ says that it has it.
        "confirm_publish": True,
        # Seconds, as above.
        "connect_timeout": 1,
        "read_timeout": 1,
        "write_timeout": 1,
    }
    # A second attempt, at once: the first finds out that the connection is none any more, because
    # RabbitMQ was restarted or a firewall has closed it.
    CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}

# The same bounds, in seconds, for the connection that stores and reads results.
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = 0.5

CELERY_REDIS_SOCKET_TIMEOUT = 1

CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "master_name": REDIS_MASTER_NAME,
    "retry_policy": {"max_retries": 0},
}

# Acknowledge a task when it is done, not when it starts: a worker that dies gives it back.
CELERY_TASK_ACKS_LATE = True

# Give it back also when only the pool process dies (killed, out of memory).
CELERY_TASK_REJECT_ON_WORKER_LOST = True

# Take a task only when a process is free for it, so that none waits behind a long one.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# Celery's own rule, to close the database after each task, off: celery.py has Django's instead.
CELERY_DB_REUSE_MAX = 1_000_000_000

# Let running tasks finish when the connection breaks: late acknowledgement would run them again.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False

# A worker that starts before its broker, or outlives it, waits for it however long that takes, and is
# there half a second after it is back.
CELERY_WORKER_CONSUMER = "workshift.celery.consumer:PatientConsumer"

# A Redis that is full answers with errors. A worker connects anew until that is over; without this
# it would end.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True

# Note in the result store that a task has begun: without it, none of django.tasks is RUNNING.
CELERY_TASK_TRACK_STARTED = True

# JSON only: unpickling a message means running whatever its sender put there.
CELERY_ACCEPT_CONTENT = ["json"]

CELERY_TASK_SERIALIZER = "json"

CELERY_RESULT_SERIALIZER = "json"

# Keep the task's name and arguments beside its result: django.tasks hands them out with it.
CELERY_RESULT_EXTENDED = True

CELERY_TIMEZONE = TIME_ZONE

# Celery would otherwise erase LOGGING below and turn what tasks print into log records, which
# breaks `breakpoint()` and the e-mails that the console backend prints.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

CELERY_WORKER_REDIRECT_STDOUTS = False


# Django's own tasks, run by the same worker. Without this, Django would run each within the request
# that enqueues it. packages/workshift/docs/django-tasks.md says when to use them.
TASKS = {"default": {"BACKEND": "workshift.django_tasks.CeleryBackend"}}


# Durable tasks: packages/workshift/docs/durable-tasks.md says what they are for.

# Seconds that a worker has for one attempt. Longer than CELERY_TASK_TIME_LIMIT, so that whoever
# began is certainly dead when the row is given to another; hence also the longest wait after a
# crash.
DURABLE_LEASE_SECONDS: float = 360

# A row fails for good after so many attempts: with the waits below, after an hour and a half.
DURABLE_ATTEMPTS = 10

# Seconds of the wait after the first failed attempt. It doubles with each: 10, 20, 40 …
DURABLE_BACKOFF_SECONDS: float = 10

# Seconds that a hint has to reach a worker before the sweep sends another. Together with the
# sweep's own interval, this is how late a task may be that the broker has lost.
DURABLE_GRACE_SECONDS: float = 5

# Seconds between two sweeps. One that finds nothing costs a query for each model.
DURABLE_SWEEP_SECONDS: float = 5

# Days after which a row that is done is deleted; None keeps all. Rows that have failed stay.
DURABLE_KEEP_DAYS: float | None = None

# Sent by Celery's beat: a part of `runworker` in development, a process in production.
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "workshift.durable.sweep",
        "schedule": DURABLE_SWEEP_SECONDS,
        # Seconds (an hour). A worker that is back after days throws the older ones away instead
        # of running them all. Until then they stay in the broker: 20 MB for each day without a worker.
        "options": {"expires": 3600},
    },
    # Deletes what DURABLE_KEEP_DAYS allows, each hour (3600 seconds).
    "clean up": {
        "task": "workshift.durable.clean_up",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
}


# Logging

LOG_LEVEL = env.log_level("LOG_LEVEL", default="INFO")

# One JSON object a line, for programs that collect them, or lines for people. Only what is asked for
# is imported.
LOG_FORMATTERS = {
    # What a visitor wrote can be in any line, and a terminal obeys the control characters in it.
    "plain": {
        "()": "workshift.terminal.Formatter",
        "format": "{asctime} {levelname}{of_request} {name}: {message}",
        "style": "{",
    },
    "json": {"()": "workshift.json_log.Formatter"},
}

LOG_FORMAT = env.log_format("LOG_FORMAT", default="plain")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": LOG_FORMATTERS[LOG_FORMAT]},
    "filters": {
        # Adds the id of the request, or of the task that no request has sent.
        "ids": {"()": "workshift.request_id.Filter"},
        # The sweep runs every few seconds, and a live page asks more often; their lines would drown
        # all others.
        "without_sweep": {"()": "workshift.durable.log.WithoutSweep"},
        "without_live_pages": {"()": "workshift.log.WithoutLivePages"},
    },
    # To the console, always: whoever runs the process decides where its output goes.
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "lines",
            "filters": ["ids", "without_sweep", "without_live_pages"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # Django's own default sends errors by e-mail and, with DEBUG off, says nothing on the console.
    "loggers": {
        "django": {"handlers": ["console"], "level": LOG_LEVEL, "propagate": False},
        # The worker's own lines say when each task starts and ends, and show its traceback.
        "django.tasks": {"level": "CRITICAL"},
    },
}


# What watches the site; docs/operations.md says how.

# Whoever sends this may read the metrics at /up/metrics/; without it there are none.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Reports errors of the site and of tasks to Sentry, or to a server that understands the same.
if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    import sentry_sdk
    from workshift.request_id import tag_with_id

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        # Nothing that a visitor has written: no cookies, addresses, forms and arguments of tasks,
        # and no variables of the code, nor the log lines before the error.
        send_default_pii=False,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        # With which its log lines are found.
        before_send=tag_with_id,
    )


# The demo app

# Seconds that the demo's task pretends to work for, to show that the visitor does not wait.
FEEDBACK_DELAY_SECONDS = env.seconds("FEEDBACK_DELAY_SECONDS", default=5)

# How many messages an hour one visitor may send, and one address may get; 0 is no limit.
FEEDBACK_PER_VISITOR = env.int("FEEDBACK_PER_VISITOR", default=60)

FEEDBACK_PER_ADDRESS = env.int("FEEDBACK_PER_ADDRESS", default=20)

# Counts the messages of the form. In the memory of each web process: never away, and no request
# waits for it. docs/decisions.md says what a shared one would change.
CACHES["limits"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "limits",
    # Beyond this many counters some are dropped at random; the default is 300.
    "OPTIONS": {"MAX_ENTRIES": 20_000},
}
