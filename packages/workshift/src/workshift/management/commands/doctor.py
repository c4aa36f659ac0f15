"""`python manage.py doctor`: checks for common problems and says how to fix them."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, handle_default_options

from ...doctor.context import Context
from ...doctor.examinations import examine
from ...doctor.findings import Level
from ...terminal import escape


class Command(BaseCommand):
    """Prints one line for each finding."""

    help = (
        "Checks for common problems and says how to fix them. "
        "Changes nothing; the exit code is 1 if there is a problem."
    )
    # One of the examinations runs them, and the others follow whatever they find.
    requires_system_checks: tuple[str, ...] = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Run without Django's setup, so that code that does not load is a finding, too."""
        options = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        handle_default_options(options)
        self.execute(**vars(options))

    def handle(self, *_: Any, **__: Any) -> None:
        """Print each finding as soon as it is known; exit with 1 if there is a problem."""
        styles = {
            Level.OK: self.style.SUCCESS,
            Level.NOTE: self.style.HTTP_INFO,
            Level.WARNING: self.style.WARNING,
            Level.PROBLEM: self.style.ERROR,
        }
        levels: Counter[Level] = Counter()
        for finding in examine(Context()):
            levels[finding.level] += 1
            # The error of a failed row may quote a visitor.
            self.stdout.write(styles[finding.level](escape(str(finding))))
            self.stdout.flush()
        if levels[Level.PROBLEM]:
            sys.exit(1)
