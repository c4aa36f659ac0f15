#!/usr/bin/env python
"""Django's command line for this project: `python manage.py help` lists what it can do."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Run the management command that the command line names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_celery.settings")
    root = Path(__file__).resolve().parent
    # PYTHONSAFEPATH leaves it out.
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            f"Django cannot be imported ({error}). Run ./scripts/dev, or activate the virtual "
            "environment with `source .venv/bin/activate`."
        ) from error
    from django_celery.environment import forget_dotenv_copy, one_sentence_if_invalid
    from django_celery.management.commands.doctor import Command as Doctor
    from django_celery.management.commands.runworker import Command as RunWorker
    from django_celery.stack.lifeline import follow

    follow()
    with one_sentence_if_invalid():
        forget_dotenv_copy(root / ".env")
        # Without Django's set-up: code that does not load must not keep these two from starting.
        # One waits for the save that mends it, the other says what is wrong with it.
        if sys.argv[1:2] == ["runworker"]:
            RunWorker().run_from_argv(sys.argv)
        elif sys.argv[1:2] == ["doctor"]:
            Doctor().run_from_argv(sys.argv)
        else:
            execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
