"""Lets one process of the stack say what several would say at once, in the same terminal."""

import fcntl
import hashlib
import os
import time
from pathlib import Path

# Seconds in which another process has to have said the same.
_JUST_NOW = 10.0


def is_mine_to_say(what: str, run_folder: Path) -> bool:
    """Tell whether no other process of the stack has just said `what`, and note that we do.

    Without honcho a process has its terminal to itself. `run_folder` is the project's `.run`.
    """
    name = os.environ.get("HONCHO_PROCESS_NAME")
    if name is None:
        return True
    said = hashlib.sha256(what.encode(errors="replace")).hexdigest()
    now = time.time()
    try:
        with (run_folder / "said").open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            entries = [line.split() for line in file]
            recent = [one for one in entries if len(one) == 3 and now - float(one[2]) < _JUST_NOW]
            if any(one[0] == said and one[1] != name for one in recent):
                return False
            file.truncate(0)
            file.writelines(f"{' '.join(one)}\n" for one in recent)
            file.write(f"{said} {name} {now}\n")
    except (OSError, ValueError):
        return True
    return True
