"""The environment that the tests run in, whatever the shell and `.env` of the developer say.

A pytest plugin, named in pyproject.toml, because pytest-django reads the settings before any
conftest.py is loaded. Processes that the tests start inherit this environment.
"""

import os

from workshift.testing.processes import forget_shell_variables, free_port

forget_shell_variables()

# An empty variable counts as one that is not set.
os.environ.update(
    DJANGO_SETTINGS_MODULE="django_celery.settings",
    ENV_FILE=os.devnull,
    # As in production, but without the certificate that HTTPS would need.
    DEBUG="off",
    USE_HTTPS="off",
    BEHIND_PROXY="",
    SECRET_KEY="for the tests only",
    ALLOWED_HOSTS="",
    # Another database than the developer's: TEST_DATABASE_URL=postgres://... ./scripts/test
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:"),
    # Nobody listens there until a test asks for the fixture `redis_server`.
    REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
    REDIS_PREFIX="test:",
    EMAIL_HOST="",
    TIME_ZONE="",
    LOG_LEVEL="",
    LOG_FORMAT="",
    METRICS_TOKEN="",
    SENTRY_DSN="",
    FEEDBACK_DELAY_SECONDS="0",
    FEEDBACK_PER_ADDRESS="0",
    FEEDBACK_PER_VISITOR="0",
)
