"""Runs a program that ends when we do, however we end, but not when our group is stopped."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..reload import stopping

# The shell becomes the program ($$ is its process id before and after `exec`). Meanwhile a subshell
# waits for a line on the pipe whose other end we hold. When we end, even if killed, the pipe closes
# without that line, and the subshell stops the program.
GUARD = 'exec 3<&0 </dev/null; (read -r _ <&3 || kill "$$") & exec 3<&-; exec "$@"'


@contextlib.contextmanager
def guarded(
    command: Sequence[str], *, folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in `folder` during the block, with its output in the file `log`.

    It has its own session, so signals to our process group do not reach it. At the end of the block
    it gets SIGTERM, `stopping.REDIS` seconds to stop, then SIGKILL.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 - our own commands only.
            ["/bin/sh", "-c", GUARD, "guard", *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the program, and only then tell its guard to exit."""
    process.terminate()
    try:
        process.wait(timeout=stopping.REDIS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # The guard is gone if the program's whole session was stopped.
    with contextlib.suppress(BrokenPipeError):
        process.communicate(b"\n")
