"""`python manage.py doctor`: look at what goes wrong in practice, and say what to do."""

import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, handle_default_options

from ...doctor.context import Context
from ...doctor.examinations import examine
from ...doctor.findings import Level
from ...terminal import escape


class Command(BaseCommand):
    """Print one line for each finding."""

    help = (
        "Looks at everything that goes wrong in practice and says what to do about it. "
        "Changes nothing; the exit code is 1 if there is a problem."
    )
    # One of the examinations runs them, and goes on after what they find.
    requires_system_checks: tuple[str, ...] = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Run without Django's set-up, so that code that does not load is a finding, too."""
        options = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        handle_default_options(options)
        self.execute(**vars(options))

    def handle(self, *_: Any, **__: Any) -> None:
        """Print what is found as soon as it is known; exit with 1 if there is a problem."""
        styles = {
            Level.OK: self.style.SUCCESS,
            Level.NOTE: self.style.HTTP_INFO,
            Level.WARNING: self.style.WARNING,
            Level.PROBLEM: self.style.ERROR,
        }
        levels: Counter[Level] = Counter()
        for finding in examine(Context()):
            levels[finding.level] += 1
            # A row that has failed may tell of what a visitor wrote.
            self.stdout.write(styles[finding.level](escape(str(finding))))
            self.stdout.flush()
        if levels[Level.PROBLEM]:
            sys.exit(1)
