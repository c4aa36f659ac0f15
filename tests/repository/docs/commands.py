"""Which commands of the documentation are not simply run, and what is done with them instead."""

import re

# These run until Ctrl-C, whatever options follow, and beside the rest of the page; what they write
# when they are ready.
UNTIL_CTRL_C = {
    "./scripts/dev": "Generation 1 is ready",
    "celery -A django_celery beat": "beat: Starting",
    "celery -A django_celery worker": " ready.",
    "honcho": " ready.",
    "manage.py runredis": "Redis",
    "manage.py runserver": "Quit the server",
    "manage.py runworker": "Generation 1 is ready",
}

ADOPTING = (
    "packages/workshift/tests/versions/test_adopting.py",
    "test_one_dependency_and_one_line_give_the_reload",
)

PY_SPY = ("tests/repository/docs/test_debugging.py", "test_py_spy_finds_the_task")

# Where a command is executed that no page can run by itself, because it takes minutes, asks the
# network or a person, or changes more than the page's own folder: a file, and words that it holds.
ELSEWHERE = {
    # Over twenty minutes, and then the whole page says what it has measured and when.
    "./scripts/bench": (
        "packages/workshift/docs/measurements.md",
        "Again: `./scripts/bench",
    ),
    "./scripts/bench web": (
        "packages/workshift/docs/measurements-web.md",
        "Again: `./scripts/bench web",
    ),
    "./scripts/bench large": (
        "packages/workshift/docs/measurements-large.md",
        "Again: `./scripts/bench large",
    ),
    "./scripts/bench stack": (
        "packages/workshift/docs/measurements-stack.md",
        "Again: `./scripts/bench stack",
    ),
    "./scripts/bench load": (
        "packages/workshift/docs/measurements-load.md",
        "Again: `./scripts/bench load",
    ),
    "./scripts/bench faults": (
        "packages/workshift/docs/measurements-faults.md",
        "Again: `./scripts/bench faults",
    ),
    "./scripts/bench --quick": ("tests/repository/docs/test_measurements.py", '"--quick"'),
    "./scripts/lint": ("scripts/test", "./scripts/lint"),
    "./scripts/record": ("tests/repository/docs/test_recording.py", "test_a_run_can_be_recorded"),
    "./scripts/rename shop": ("tests/repository/starting/test_page.py", "./scripts/rename shop"),
    # After `./scripts/app`, which edits pyproject.toml, it would install the clone's library into
    # the environment of the tests.
    "./scripts/setup": ("tests/repository/docs/story.py", '"./scripts/setup"'),
    "./scripts/start shop ../shop": (
        "tests/repository/starting/test_page.py",
        "./scripts/start shop ../shop",
    ),
    "./scripts/test": (".ci/run", 'exec ./scripts/test "$@"'),
    "./scripts/test -k worker": (".ci/run", 'exec ./scripts/test "$@"'),
    "./scripts/test -m slow": (".github/workflows/ci.yml", "run: ./.ci/run -m slow"),
    "./scripts/update": ("tests/repository/starting/test_page.py", 'typed("./scripts/update")'),
    "./scripts/update --data demo=false": ("tests/repository/starting/test_page.py", "demo=false"),
    "PORT=8001 ./scripts/dev": ("tests/repository/stack/test_dev.py", "scripts/dev"),
    "celery -A django_celery worker --loglevel info": (
        "Procfile",
        "celery -A django_celery worker",
    ),
    "gunicorn django_celery.wsgi": ("Procfile", "web: exec gunicorn django_celery.wsgi"),
    "manage.py dev": ("scripts/dev", "manage.py dev"),
    "manage.py doctor": ("tests/repository/stack/test_doctor.py", '"doctor"'),
    "manage.py retireworker celery@host": (
        "packages/workshift/tests/test_release.py",
        "retireworker",
    ),
    "manage.py shell": ("tests/repository/docs/story.py", "manage.py shell"),
    "manage.py runworker --help": (
        "packages/workshift/tests/reload/test_options.py",
        "test_help_names_our_options",
    ),
    "python -m pip install uv": ("scripts/setup", "-m pip install"),
    'python -m pip install "../django-celery-starter/packages/workshift[dev]"': ADOPTING,
    "uv audit": ("tests/repository/deploy/test_linters.py", "test_the_audit_finds"),
    "uv sync": ("tests/repository/docs/test_production.py", '"sync")'),
    "uv sync --locked --no-dev": ("tests/repository/docs/test_production.py", "--no-dev"),
    "uvx py-spy dump --subprocesses --pid $(pgrep -of runworker)": PY_SPY,
    "uvx py-spy top --subprocesses --pid $(pgrep -of runworker)": PY_SPY,
}

# Pages whose blocks are executed by a test of their own, or that are written by what they describe.
PAGES_ELSEWHERE = {
    "docs/operations.md": ("tests/repository/docs/test_operations.py", "docs/operations.md"),
    "packages/workshift/README.md": ADOPTING,
    "packages/workshift/docs/adopting.md": ADOPTING,
    "packages/workshift/docs/django-tasks.md": (
        "packages/workshift/tests/test_django_tasks.py",
        "django-tasks.md",
    ),
    "packages/workshift/docs/measurements.md": ("benchmarks/worker.py", "measurements"),
    "packages/workshift/docs/measurements-web.md": (
        "benchmarks/web/suite.py",
        "measurements-web",
    ),
    "packages/workshift/docs/measurements-large.md": (
        "benchmarks/large/suite.py",
        "measurements-large",
    ),
    "packages/workshift/docs/measurements-stack.md": (
        "benchmarks/stack/suite.py",
        "measurements-stack",
    ),
    "deploy/README.md": ("tests/repository/deploy/test_commands.py", "compose.yaml"),
    "packages/workshift/docs/measurements-load.md": (
        "benchmarks/site/load_page.py",
        "measurements-load",
    ),
    "packages/workshift/docs/measurements-faults.md": (
        "benchmarks/site/suffering.py",
        "measurements-faults",
    ),
    "starting/README.md": ("tests/repository/starting/test_page.py", "./scripts/start"),
}

# What makes a code span in a sentence or a table a command that somebody may type.
_COMMAND = re.compile(
    r"(\w+=\S+ )*(\./[\w.]+/\w+|"
    r"(python|manage\.py|honcho|gunicorn|celery -A|pre-commit|py-spy|uvx?|source) .)"
)


def is_command(code: str) -> bool:
    """Tell whether a code span is something to type into a terminal."""
    return bool(_COMMAND.match(code))


def plain(command: str) -> str:
    """Return the command in the form in which the tables above hold it."""
    return re.sub(r"(python -m |python |\.venv/bin/)(?=manage\.py|celery|honcho)", "", command)


def sign_of_life(command: str) -> str | None:
    """Return what a command writes when it is ready, if it is one that runs until Ctrl-C."""
    for beginning, written in UNTIL_CTRL_C.items():
        if f"{plain(command)} ".startswith(f"{beginning} "):
            return written
    return None


def executed_by(command: str) -> tuple[str, str] | None:
    """Return where a command is executed that the pages do not run, if it is one of those."""
    return ELSEWHERE.get(plain(command))
