"""The project's settings with a mailbox that is not the developer's."""

import os
from pathlib import Path

from tests.mysite.settings import *  # noqa: F403 - all of them, as they are.

MAILBOX_FOLDER = Path(os.environ["MAILBOX"])
