#!/usr/bin/env python
"""The command line of the tests' own project, `tests/mysite`."""

import os
import sys

from workshift.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.mysite.settings")
    execute_from_command_line(sys.argv)
