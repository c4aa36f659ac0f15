"""The environment that the tests run in, whatever the shell of the developer says.

A pytest plugin, named in pyproject.toml, because pytest-django reads the settings before any
conftest.py is loaded. Processes that the tests start inherit this environment.
"""

import os

from workshift.testing.processes import forget_shell_variables, free_port

forget_shell_variables()

os.environ.update(
    DJANGO_SETTINGS_MODULE="tests.mysite.settings",
    ENV_FILE=os.devnull,
    DEBUG="off",
    SECRET_KEY="for the tests only",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:"),
    # Nobody listens there until a test asks for the fixture `redis_server`.
    REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
    REDIS_PREFIX="test:",
    MAILBOX="",
    TIME_ZONE="",
    BEHIND_PROXY="",
    LOG_FORMAT="",
    METRICS_TOKEN="",
)
