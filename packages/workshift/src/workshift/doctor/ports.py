"""The ports of `./scripts/dev`: free, or held by this project itself."""

import psutil
from django.conf import settings

from ..dev.errors import CannotStartError
from ..dev.ports import holder_of, redis_port, require_free, web_port
from .context import Context
from .findings import Findings, ok, problem, warning


def ports(context: Context) -> Findings:
    """Try to listen where web and Redis will; in production others decide about ports."""
    if not settings.DEBUG:
        return
    try:
        web = port_of_stack(context.stack) or web_port()
    except CannotStartError as error:
        yield problem(str(error), "")
        return
    for name, port in (("PORT", web), ("REDIS_PORT", redis_port())):
        if port is None:
            continue
        try:
            require_free(name, port)
        except CannotStartError as error:
            holder = holder_of(port)
            if holder and holder.folder.is_relative_to(context.folder):
                yield ok(f"Port {port} ({name}) is held by this project, process {holder.pid}.")
            elif context.stack:
                # It was started with another port, for once.
                yield warning(str(error), "Without that, the next start will fail.")
            else:
                yield problem(str(error), "")
        else:
            yield ok(f"Port {port} ({name}) is free.")


def port_of_stack(stack: int | None) -> int | None:
    """Return the port that the running `./scripts/dev` was given, which `.env` need not know."""
    if stack is None:
        return None
    try:
        command = psutil.Process(stack).cmdline()
    except psutil.Error:
        return None
    # As `become_honcho` has started it.
    return int(command[-1]) if "Procfile.dev" in "".join(command[-2:-1]) else None
