#!/usr/bin/env python
"""Django's command line for this project: `python manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    """Run the management command that the command line names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_celery.settings")
    try:
        from workshift.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            f"The packages cannot be imported ({error}). Run ./scripts/dev, or activate the "
            "virtual environment with `source .venv/bin/activate`."
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
