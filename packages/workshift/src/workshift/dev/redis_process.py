"""Runs the stack's Redis for `manage.py runredis`, and stops it last."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import redis
from kombu.exceptions import OperationalError

from ..celery.broker import connect, greet, is_redis, without_password
from ..private import make_folder
from ..reload.stopping import redis_patience
from . import forgotten_tasks as forgotten
from .guard import guarded
from .ports import redis_folder
from .redis_servers import find_server
from .restore import restore_unacknowledged

Say = Callable[[str], object]


class Told:
    """True once this process has received SIGTERM or SIGINT."""

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
    """Use the existing broker at `url`, and wait until told to stop."""
    told = Told()
    say(f"The broker is yours, at {without_password(url)}; no Redis is started here.")
    try:
        if is_redis(url):
            connect(url).ping()
        else:
            greet()
    except (redis.RedisError, OperationalError) as error:
        say(f"It does not answer ({error}). Web and worker use it as soon as it does.")
    while not told:
        time.sleep(0.1)


def serve(port: int, say: Say) -> int:
    """Run this project's Redis on `port` until told to stop; return the exit code, 0 after a stop.

    Gives back the tasks that a killed worker left unfinished in the last run.
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
            # Only this project's workers take tasks here, and none was alive before its Redis;
            # whatever they take from now on is newer than `started`.
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
    # The way a shell reports a process that a signal ended.
    return 128 - process.returncode if process.returncode < 0 else process.returncode


def ending(code: int, log: Path) -> str:
    """Say how the server ended, from its exit code and its `log`."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}."
    last = (log.read_text(errors="replace").splitlines() or ["it wrote nothing."])[-1]
    return f"exited with code {code}: {last}"


def answers(client: redis.Redis) -> bool:
    """Tell whether the server answers; while it loads its data, it does not."""
    try:
        return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False


def wait_for_others(client: redis.Redis, process: Popen[bytes]) -> None:
    """Return when we are the only client left, the time is over or the server has ended.

    All processes are told to stop at the same time, and the worker needs Redis to give back its
    tasks.
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
    """Name the tasks, if any, that wait in a server that keeps nothing."""
    try:
        tasks = forgotten.tasks_in(client)
    except redis.RedisError:  # It stopped before us.
        return
    if tasks:
        say(forgotten.sentence(tasks))


def count(tasks: int) -> str:
    """Return the number of tasks with the noun in singular or plural."""
    return "1 task" if tasks == 1 else f"{tasks} tasks"
