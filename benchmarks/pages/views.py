"""Pages that say which version of the code, or of the settings, has made them."""

import os
import time
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse

VERSION = 0

# One line for each process that gets as far as loading this version.
with Path(os.environ["PROBE_BOOTS"]).open("a") as boots:
    boots.write(f"{os.getpid()} {VERSION}\n")


def page(_request: HttpRequest) -> HttpResponse:
    """Answer with the version."""
    of_settings: int = settings.VERSION  # type: ignore[misc]  # Only the measured site has it.
    return HttpResponse(str(max(VERSION, of_settings)))


def slow(request: HttpRequest) -> HttpResponse:
    """Do the same after 3 seconds."""
    time.sleep(3)
    return page(request)
