"""Run a program that ends with us, however we end, and that a stop of our group does not hit."""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..reload import stopping

# The shell becomes the program ($$ is its process id before and after `exec`). Beside it a
# subshell waits for a line on the pipe whose other end we hold. When we are gone, killed or
# not, the pipe ends without that line, and the subshell stops the program.
GUARD = 'exec 3<&0 </dev/null; (read -r _ <&3 || kill "$$") & exec 3<&-; exec "$@"'


@contextlib.contextmanager
def guarded(
    command: Sequence[str], *, folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in `folder`, its output in the file `log`, for as long as the block lasts.

    It is in a session of its own: a signal to our process group does not reach it. At the end
    of the block it gets SIGTERM and `stopping.REDIS` seconds to stop in, then SIGKILL.
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
    """Stop the program, and only then tell the guard beside it that it is not needed any more."""
    process.terminate()
    try:
        process.wait(timeout=stopping.REDIS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    # The guard is gone if somebody stopped the whole session of the program.
    with contextlib.suppress(BrokenPipeError):
        process.communicate(b"\n")
