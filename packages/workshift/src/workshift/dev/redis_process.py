"""What `manage.py runredis` does: be the `redis` process of the stack, and stop last."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import redis

from ..celery.broker import connect, without_password
from ..private import make_folder
from ..reload.stopping import redis_patience
from . import forgotten_tasks as forgotten
from .guard import guarded
from .ports import redis_folder
from .redis_servers import find_server
from .restore import restore_unacknowledged

Say = Callable[[str], object]


class Told:
    """True once SIGTERM or SIGINT has told this process to stop."""

    def __init__(self) -> None:
        self.to_stop = False
        signal.signal(signal.SIGTERM, self.hear)
        signal.signal(signal.SIGINT, self.hear)

    def hear(self, *_: object) -> None:
        """Remember the signal."""
        self.to_stop = True

    def __bool__(self) -> bool:
        return self.to_stop


def stand_by(url: str, say: Say) -> None:
    """Leave the Redis at `url` to whoever runs it, and wait until told to stop."""
    told = Told()
    say(f"Redis is yours, at {without_password(url)} (REDIS_URL); none is started here.")
    try:
        connect(url).ping()
    except redis.RedisError as error:
        say(f"It does not answer ({error}). Web and worker use it as soon as it does.")
    while not told:
        time.sleep(0.1)


def serve(port: int, say: Say) -> int:
    """Run this project's Redis on `port` until told to stop; return the exit code, 0 after a stop.

    Tasks that a killed worker left unfinished in the data of the last run are given back.
    """
    told = Told()
    server = find_server(port)
    folder = redis_folder()
    log = folder.parent / "redis.log"
    make_folder(folder)
    started = time.time()
    with guarded(server.command, folder=folder, log=log) as process:
        client = connect(f"redis://127.0.0.1:{port}/0")
        while process.poll() is None and not told and not answers(client):
            time.sleep(0.02)
        if process.poll() is None and not told:
            # Nobody but this project's workers takes tasks here, and none was alive before
            # its Redis was; what one of them takes from now on is younger than `started`.
            restored = restore_unacknowledged(taken_before=started) if server.keeps else 0
            say(f"Redis is ready: {server.description} on port {port}.")
            if not server.keeps:
                say("It keeps everything in memory: tasks that wait when it stops are forgotten.")
            if restored:
                say(f"Gave back {count(restored)} that a killed worker had left unfinished.")
        while process.poll() is None and not told:
            time.sleep(0.1)
        if told:
            wait_for_others(client, process)
            if not server.keeps:
                say_what_is_forgotten(client, say)
    if told:
        return 0
    say(f"Redis ({server.name}) {ending(process.returncode, log)} Its output is in {log}.")
    # As a shell reports a process that a signal ended.
    return 128 - process.returncode if process.returncode < 0 else process.returncode


def ending(code: int, log: Path) -> str:
    """Say in a sentence how the server has ended that returned `code` and wrote `log`."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}."
    last = (log.read_text(errors="replace").splitlines() or ["it wrote nothing."])[-1]
    return f"ended by itself with code {code}: {last}"


def answers(client: redis.Redis) -> bool:
    """Return whether the server answers; it does not while it still reads its data."""
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False


def wait_for_others(client: redis.Redis, process: Popen[bytes]) -> None:
    """Return when we are the only client left, or our patience has ended, or the server has.

    All processes are told to stop at the same moment, and the worker needs Redis to give its
    tasks back.
    """
    deadline = time.monotonic() + redis_patience()
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if len(client.client_list()) <= 1:
                return
        except (redis.ConnectionError, redis.TimeoutError):
            pass
        time.sleep(0.05)


def say_what_is_forgotten(client: redis.Redis, say: Say) -> None:
    """Name the tasks that wait in a server that keeps nothing, if there are any."""
    try:
        tasks = forgotten.tasks_in(client)
    except redis.RedisError:  # It has stopped before us.
        return
    if tasks:
        say(forgotten.sentence(tasks))


def count(tasks: int) -> str:
    """Return the number of tasks in words that fit it."""
    return "1 task" if tasks == 1 else f"{tasks} tasks"
