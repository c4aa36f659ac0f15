"""Stops the processes of the stack when honcho is gone, so that none is left running.

honcho stops its processes when it is told to stop. If it is killed, or its terminal is closed, it
cannot, and they would run on, because each has its own session. A lock tells them: the kernel
releases it when the process that holds it ends, however it ends.
"""

import fcntl
import os
import signal
import threading
import time
from pathlib import Path

from django.utils import autoreload

from .. import paths
from ..reload import stopping
from .errors import CannotStartError


def lock() -> Path:
    """Return the file whose lock the running stack holds."""
    return paths.run() / "dev.lock"


def hold() -> None:
    """Hold the lock until this process ends, even after it has become honcho through `exec`.

    Raises CannotStartError if another process holds it.
    """
    path = lock()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    # Never closed: that would release the lock. Locks of this kind belong to one process;
    # honcho's processes do not inherit it.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        holder = os.read(descriptor, 32).decode()
        os.close(descriptor)
        raise CannotStartError(
            f"This project is already running (process {holder}). Stop it with Ctrl-C in its "
            f"terminal, or with `kill {holder}`."
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    os.set_inheritable(descriptor, True)  # noqa: FBT003 - takes no keyword.


def follow() -> None:
    """Stop this process and its group, as honcho would have done, when the lock is released.

    Returns at once. Does nothing if honcho did not start this process, or if no process holds the
    lock, as when honcho was started by hand.
    """
    if "HONCHO_PROCESS_NAME" not in os.environ:
        return
    if autoreload.DJANGO_AUTORELOAD_ENV in os.environ:
        threading.Thread(target=stop_without, args=(os.getppid(),), daemon=True).start()
    path = lock()
    if not path.exists():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        threading.Thread(target=stop_when_free, args=(descriptor,), daemon=True).start()
    else:
        os.close(descriptor)


def stop_when_free(descriptor: int) -> None:
    """Wait for the lock, then stop the process group."""
    fcntl.lockf(descriptor, fcntl.LOCK_SH)
    # Do not keep it: the stack may be started again in the meantime.
    os.close(descriptor)
    stop_group()


def stop_without(parent: int) -> None:
    """Wait until `parent` is no longer the parent of this process, then stop the group.

    This is for the process in which runserver serves. honcho knows only its parent, and considers
    that alive as long as any process holds its output.
    """
    while os.getppid() == parent:
        time.sleep(0.5)
    stop_group()


def stop_group() -> None:
    """Stop the process group; kill what is left of it when the time to stop is over."""
    os.kill(0, signal.SIGTERM)
    time.sleep(stopping.limit())
    os.kill(0, signal.SIGKILL)
