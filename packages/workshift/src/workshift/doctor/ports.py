"""Checks that the ports of `./scripts/dev` are free, or used by this project."""

import psutil
from django.conf import settings

from ..celery.broker import own_redis_port
from ..dev.errors import CannotStartError
from ..dev.ports import holder_of, require_free, web_port
from .context import Context
from .findings import Findings, ok, problem, warning


def ports(context: Context) -> Findings:
    """Try to listen on the ports of web and Redis; production chooses its own."""
    if not settings.DEBUG:
        return
    try:
        web = port_of_stack(context.stack) or web_port()
    except CannotStartError as error:
        yield problem(str(error), "")
        return
    for name, port in (("PORT", web), ("REDIS_PORT", own_redis_port())):
        if port is None:
            continue
        try:
            require_free(name, port)
        except CannotStartError as error:
            holder = holder_of(port)
            if holder and holder.folder.is_relative_to(context.folder):
                yield ok(f"Port {port} ({name}) is used by this project, process {holder.pid}.")
            elif context.stack:
                # The stack was started on another port, just this once.
                yield warning(str(error), "Otherwise the next start will fail.")
            else:
                yield problem(str(error), "")
        else:
            yield ok(f"Port {port} ({name}) is free.")


def port_of_stack(stack: int | None) -> int | None:
    """Return the port of the running `./scripts/dev`, which may not be the one in `.env`."""
    if stack is None:
        return None
    try:
        command = psutil.Process(stack).cmdline()
    except psutil.Error:
        return None
    # `become_honcho` starts it with these arguments.
    return int(command[-2]) if "Procfile.dev" in "".join(command[-3:-2]) else None
