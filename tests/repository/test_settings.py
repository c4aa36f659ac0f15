"""What the settings make of the environment: the sentence for bad input, the values for good."""

import os
import re
import runpy
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import honcho.environ
import pytest
from workshift.env import Environment, InvalidEnvironment, forget_dotenv_copy
from workshift.testing.processes import DEADLINE

from tests import ROOT

BACKENDS = "django.core.mail.backends"

LoadSettings = Callable[..., dict[str, Any]]


@pytest.fixture
def load_settings(monkeypatch: pytest.MonkeyPatch) -> LoadSettings:
    """Run the settings module with nothing but these variables, and return its names."""

    def load(**variables: str) -> dict[str, Any]:
        monkeypatch.setattr(Environment, "ENVIRON", variables)
        return runpy.run_path(str(ROOT / "django_celery" / "settings.py"))

    return load


BAD_INPUT = [
    ("SECRET_KEY", ""),
    ("DEBUG", "maybe"),
    ("USE_HTTPS", "2"),
    ("REDIS_PORT", "many"),
    ("REDIS_PORT", "0"),
    ("REDIS_PORT", "65536"),
    ("REDIS_URL", "nonsense"),
    ("REDIS_URL", "https://example.com/0"),
    ("REDIS_URL", "redis://"),
    ("REDIS_URL", "redis://:hunter2@example.com:many/0"),
    ("REDIS_URL", "redis://:hunt/er2@example.com/0"),
    ("REDIS_URL", "redis://:hunter2@example.com/first"),
    ("REDIS_URL", "redis://:hunter2@[example.com/0"),
    ("REDIS_URL", "sentinel://:hunter2@example.com/0;redis://other"),
    ("CELERY_BROKER_URL", "amqp://user:hunter2@"),
    ("CELERY_BROKER_URL", "amqp://user:hunter2@example.com;redis://other"),
    ("CELERY_BROKER_URL", "sqs://hunter2"),
    ("DATABASE_URL", "nonsense"),
    ("DATABASE_URL", "hunter2://user:hunter2@example.com/name"),
    ("DATABASE_URL", "postgres://user:hunter2@example.com:many/name"),
    ("DATABASE_URL", "postgres://user:hunt/er2@example.com/name"),
    ("DATABASE_URL", "postgres://user:hunter2@[example.com/name"),
    ("DATABASE_URL", "postgres://user:hunter2@example.com"),
    ("LOG_LEVEL", "loud"),
    ("LOG_FORMAT", "xml"),
    ("TIME_ZONE", "Mars/Olympus"),
    ("TIME_ZONE", "../../etc/passwd"),
]


@pytest.mark.parametrize("debug", ["on", "off"])
@pytest.mark.parametrize(("name", "value"), BAD_INPUT)
def test_bad_input_gives_one_sentence_that_names_the_variable(
    name: str, value: str, debug: str, load_settings: LoadSettings
) -> None:
    with pytest.raises(InvalidEnvironment) as error:
        load_settings(**{"SECRET_KEY": "x", "DEBUG": debug, name: value})

    sentence = str(error.value)
    assert re.fullmatch(rf"{name} .+\.", sentence)
    # Nor may the password come up where the traceback is printed all the same.
    assert "hunt" not in "".join(traceback.format_exception(error.value))


@pytest.mark.parametrize("value", ["five5", "-1", "inf"])
def test_seconds_must_be_a_duration(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Environment, "ENVIRON", {"PAUSE": value})

    with pytest.raises(InvalidEnvironment, match=r"^PAUSE .+\.$"):
        Environment().seconds("PAUSE", default=5)


def test_the_mail_port_is_read_when_there_is_a_mail_server(load_settings: LoadSettings) -> None:
    with pytest.raises(InvalidEnvironment, match=r"^EMAIL_PORT must be a port"):
        load_settings(SECRET_KEY="x", EMAIL_HOST="smtp.example.com", EMAIL_PORT="smtp")


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "check"],
        ["manage.py", "runserver", "--noreload", "127.0.0.1:0"],
        ["-m", "celery", "-A", "django_celery", "worker"],
    ],
    ids=lambda command: command[1],
)
def test_commands_end_with_the_sentence_alone(command: list[str]) -> None:
    process = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgres://user:hunter2@example.com:many/name"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=DEADLINE,
    )

    assert process.returncode == 1
    assert process.stdout == ""
    assert re.fullmatch(r"DATABASE_URL must be [^\n]+\.\n", process.stderr)
    assert "hunter2" not in process.stderr


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"DEBUG=on\nSECRET_KEY = hunter2\n", r"Line 2 of .+ must have the form NAME=value"),
        (b"SECRET_KEY=\xff\n", r".+ cannot be read: it is not UTF-8 text\. Save it as UTF-8\.$"),
    ],
)
def test_a_broken_dotenv_gives_one_sentence_that_names_the_file(
    content: bytes, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(content)
    monkeypatch.setenv("HONCHO_PROCESS_NAME", "web.1")

    for read in Environment.read_env, forget_dotenv_copy:
        with pytest.raises(InvalidEnvironment, match=sentence) as error:
            read(dotenv)
        assert "hunter2" not in str(error.value)


# Which honcho reads in another way than we do, and may hand on as real variables.
ODD_LINES = ["abc#def", "a b", '"l1\\nl2"', "'one' # two", "a=b", "\u0434\u0430", "$HOME", "plain"]


@pytest.mark.parametrize("line", ODD_LINES)
def test_a_dotenv_says_the_same_where_honcho_has_read_it(
    line: str, load_settings: LoadSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"SECRET_KEY={line}\nLOG_LEVEL=INFO\n", encoding="utf-8")
    monkeypatch.setenv("ENV_FILE", str(dotenv))
    alone = load_settings()["SECRET_KEY"]
    # As honcho does when it is started by hand.
    for name, value in honcho.environ.parse(dotenv.read_text(encoding="utf-8")).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HONCHO_PROCESS_NAME", "web.1")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")

    forget_dotenv_copy(dotenv)

    assert load_settings(**os.environ)["SECRET_KEY"] == alone
    # A variable that is set for real stays.
    assert os.environ["LOG_LEVEL"] == "ERROR"


def test_another_file_can_be_named_if_it_is_there(
    load_settings: LoadSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    monkeypatch.setenv("ENV_FILE", str(other))
    with pytest.raises(InvalidEnvironment, match=f"^ENV_FILE names {other}, which does not exist"):
        load_settings(SECRET_KEY="x")

    # That of another project: it has other variables.
    other.write_text("TOKEN=x\n")
    with pytest.raises(
        InvalidEnvironment, match=rf"^SECRET_KEY is not set: .+ to {other} \(ENV_FILE names it\)"
    ):
        load_settings()

    monkeypatch.setenv("ENV_FILE", "")
    assert load_settings(SECRET_KEY="x")["DOTENV"] == ROOT / ".env"


def test_comments_and_spaces_in_a_dotenv_say_nothing(
    load_settings: LoadSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("# One.\n   # Two, indented.\n  \n\nSECRET_KEY=some#thing\n")
    monkeypatch.setenv("ENV_FILE", str(dotenv))

    assert load_settings()["SECRET_KEY"] == "some#thing"


def test_a_dotenv_may_begin_with_the_mark_that_windows_writes(
    load_settings: LoadSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("SECRET_KEY=something\n", encoding="utf-8-sig")
    monkeypatch.setenv("ENV_FILE", str(dotenv))

    assert load_settings()["SECRET_KEY"] == "something"


def test_the_example_is_a_usable_dotenv(
    load_settings: LoadSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENV_FILE", str(ROOT / ".env.example"))

    settings = load_settings(SECRET_KEY="x")

    assert settings["DEBUG"] is True
    # Empty in the example, which counts as not set.
    assert settings["REDIS_URL"] == "redis://127.0.0.1:6379/0"


def test_a_secret_key_may_begin_with_a_dollar_sign(load_settings: LoadSettings) -> None:
    assert load_settings(SECRET_KEY="$ecret")["SECRET_KEY"] == "$ecret"


def test_host_names_may_be_separated_by_commas_and_spaces(load_settings: LoadSettings) -> None:
    settings = load_settings(SECRET_KEY="x", ALLOWED_HOSTS="example.com, www.example.com,")

    assert settings["ALLOWED_HOSTS"] == ["example.com", "www.example.com"]


def test_web_and_worker_can_share_sqlite(load_settings: LoadSettings) -> None:
    database = load_settings(SECRET_KEY="x")["DATABASES"]["default"]

    assert database["NAME"] == ROOT / "db.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]


def test_a_database_url_selects_postgresql(load_settings: LoadSettings) -> None:
    database = load_settings(
        SECRET_KEY="x", DATABASE_URL="postgres://user:p%2Fw@db.example.com:5433/name"
    )["DATABASES"]["default"]

    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == (
        "db.example.com",
        5433,
        "name",
    )
    assert database["PASSWORD"] == "p/w"


def test_debug_is_off_and_https_on_unless_asked_for(load_settings: LoadSettings) -> None:
    settings = load_settings(SECRET_KEY="x")

    assert settings["DEBUG"] is False
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SECURE_HSTS_SECONDS"] == 3600


def test_plain_http_is_refused_for_as_long_as_one_says(load_settings: LoadSettings) -> None:
    a_year = load_settings(SECRET_KEY="x", HSTS_SECONDS="31536000")
    without_https = load_settings(SECRET_KEY="x", HSTS_SECONDS="31536000", USE_HTTPS="off")

    assert a_year["SECURE_HSTS_SECONDS"] == 31_536_000
    assert without_https["SECURE_HSTS_SECONDS"] == 0


@pytest.mark.parametrize(
    ("debug", "host", "backend"),
    [
        ("on", "", "workshift.mailbox.backend.EmailBackend"),
        ("on", "smtp.example.com", f"{BACKENDS}.smtp.EmailBackend"),
        ("off", "", "workshift.terminal.EmailBackend"),
        ("off", "smtp.example.com", f"{BACKENDS}.smtp.EmailBackend"),
    ],
)
def test_the_settings_keep_mails_only_with_debug_and_without_a_server(
    monkeypatch: pytest.MonkeyPatch, debug: str, host: str, backend: str
) -> None:
    monkeypatch.setattr(
        Environment, "ENVIRON", {"SECRET_KEY": "x", "DEBUG": debug, "EMAIL_HOST": host}
    )

    settings = runpy.run_path(str(ROOT / "django_celery" / "settings.py"))

    assert settings["MAILERS"]["default"]["BACKEND"] == backend
    assert ("workshift.mailbox" in settings["INSTALLED_APPS"]) is (debug == "on")


def test_every_variable_that_the_settings_read_is_in_the_example() -> None:
    settings = (ROOT / "django_celery" / "settings.py").read_text()
    read = set(re.findall(r"\benv\.\w+\(\s*\"(\w+)\"", settings))
    assert len(read) > 10
    assert read <= set(
        re.findall(r"^(?:# )?(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )


def test_rabbitmq_has_options_of_its_own_and_results_only_in_a_redis(
    load_settings: LoadSettings,
) -> None:
    url = "amqp://user:password@one.example.com:5672/vhost;amqp://two.example.com"

    alone = load_settings(SECRET_KEY="x", CELERY_BROKER_URL=url)
    beside_redis = load_settings(SECRET_KEY="x", CELERY_BROKER_URL=url, REDIS_URL="redis://three")

    assert alone["CELERY_BROKER_URL"] == url
    assert "global_keyprefix" not in alone["CELERY_BROKER_TRANSPORT_OPTIONS"]
    assert alone["CELERY_RESULT_BACKEND"] is None
    assert beside_redis["CELERY_RESULT_BACKEND"].endswith("+redis://three")


def test_results_are_beside_the_tasks(load_settings: LoadSettings) -> None:
    url = "sentinel://one.example.com:26379/0;sentinel://two.example.com:26379/0"

    for name in ("REDIS_URL", "CELERY_BROKER_URL"):
        settings = load_settings(SECRET_KEY="x", **{name: url})

        assert settings["CELERY_BROKER_URL"] == url
        assert settings["CELERY_RESULT_BACKEND"].endswith(f"+{url}")
