"""What happens to a worker under load: each action says what is expected of it."""

import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from typing import Any

from celery import chain, signature

from tests.reload.chaos.accounting import has
from tests.reload.chaos.code import BRANCH_APPS, FLEETING, git
from tests.reload.chaos.load import Load
from tests.reload.project import Project, Worker, children, eventually
from workshift.testing.processes import RedisServer

_TASKS = "probe/tasks.py"
_SETTINGS = "mysite/settings.py"


class Chaos(Load):
    """Does one thing after the other to a project under load.

    The actions are dealt like cards: each comes up before one comes up again.
    """

    def __init__(self, project: Project, worker: Worker, broker: RedisServer, seed: int) -> None:
        """Choose by `seed`."""
        super().__init__(project, worker, broker)
        self.random = random.Random(seed)
        self.generations_killed = 0
        self.zygotes_killed = 0
        self._deck: list[Callable[[], None]] = []

    def run(self, count: int) -> None:
        """Do `count` things, with tasks on their way all the time; leave sound code behind."""
        for _ in range(count):
            self.send_for(self.random.uniform(0.1, 0.5))
            if not self._deck:
                self._deck = self.actions()
                self.random.shuffle(self._deck)
            action = self._deck.pop()
            print(action.__name__)
            action()

    def actions(self) -> list[Callable[[], None]]:
        """Return all there is to do."""
        return [
            self.save,
            self.save,
            self.save,
            self.break_and_mend,
            self.kill_generation,
            self.kill_zygote,
            self.restart_redis,
            self.fall_due_in_a_full_pool,
            self.use_each_process_once,
            self.revoke_what_waits_in_the_queue,
            self.revoke_what_waits_for_its_time,
            self.revoke_in_the_middle_of_a_reload,
            self.cut_out_and_paste_back,
            self.send_a_chain,
            self.send_a_chord,
            self.send_what_is_tried_again,
            self.have_folders_come_and_go,
            self.switch_branches,
        ]

    # Saves

    def break_and_mend(self) -> None:
        """Save code that does not load, let tasks pile up, and mend it: they wait."""
        whole = self.project.read(_TASKS)
        self.project.write(_TASKS, "def broken(:\n")
        self.worker.wait_for("waiting for the next save")
        self.send_for(0.2)
        self.project.write(_TASKS, whole)

    def use_each_process_once(self) -> None:
        """Have each process of the pool end after one task, and save: no task notices."""
        settings = self.project.read(_SETTINGS)
        often, once = (f"CELERY_WORKER_MAX_TASKS_PER_CHILD = {number}\n" for number in (None, 1))
        assert often in settings
        self.project.write(_SETTINGS, settings.replace(often, once))
        self.calm_down()
        for _ in range(3):
            self.send_for(0.2)
            self.save()
        self.project.write(_SETTINGS, settings)

    def cut_out_and_paste_back(self) -> None:
        """Save the code without a task, send it, save it with the task again: it runs then."""
        whole = self.project.read(_TASKS)
        self.project.write(_TASKS, whole.replace(FLEETING, ""))
        self.calm_down()
        sent = {self.send("probe.tasks.fleeting")[0] for _ in range(6)}
        self.calm_down()
        assert self.ledger.ended().isdisjoint(sent)
        self.project.write(_TASKS, self.project.versioned(self.version) + FLEETING)
        self.wait_until_ended(sent)

    def have_folders_come_and_go(self) -> None:
        """Make, fill, rename and remove folders as builds and editors do: a save is live after."""
        root = self.project.folder
        for _ in range(20):
            name = root / f"folder_{self.random.randrange(3)}"
            match self.random.randrange(3):
                case 0:
                    name.mkdir()
                    name.rmdir()
                case 1:
                    (name / "deep" / "deeper").mkdir(parents=True)
                    (name / "deep" / "module.py").write_text("")
                    shutil.rmtree(name)
                case _:
                    (name / "deep").mkdir(parents=True)
                    name.rename(other := root / "folder_renamed")
                    shutil.rmtree(other)
        self.calm_down()

    def switch_branches(self) -> None:
        """Switch to a branch with more apps and back, twice: what was sent to them meanwhile runs.

        Their tasks wait while the branch is away.
        """
        names = [f"{app}.tasks.visit" for app in BRANCH_APPS]
        git(self.project, "switch", "-q", "more-apps")
        self.calm_down()
        sent = {self.send(name)[0] for name in names}
        git(self.project, "switch", "-q", "main")
        self.calm_down()
        sent |= {self.send(name)[0] for name in names}
        git(self.project, "switch", "-q", "more-apps")
        self.wait_until_ended(sent)
        git(self.project, "switch", "-q", "main")
        self.calm_down()

    # Deaths

    def kill_generation(self) -> None:
        """Kill one of the workers that are alive, running or retiring: it is replaced.

        What it runs runs again. Lost may be the one message that Redis has handed out to it and
        that it has not yet written to `unacked`.
        """
        if generations := self.worker.generations():
            os.kill(self.random.choice(generations), signal.SIGKILL)
            self.generations_killed += 1

    def kill_zygote(self) -> None:
        """Kill the process that forks the workers: there is another one, and no task notices."""
        for zygote in children(self.worker.process.pid):
            os.kill(zygote, signal.SIGKILL)
            self.zygotes_killed += 1

    def restart_redis(self) -> None:
        """Kill Redis and start it again: the worker goes on.

        Only when nothing is on its way: Redis forgets a message that it has handed out and that
        the worker has not yet written to `unacked`, and nobody can do anything about it; and an
        acknowledgement that does not reach it has a task run again.
        """
        self.wait_until_nothing_is_left()
        self.broker.stop()
        self.broker.start()

    # Tasks that wait

    def fall_due_in_a_full_pool(self) -> None:
        """Have tasks fall due while the pool is full, and save: the next generation runs them.

        At once, not when those that fill the old pool have ended.
        """
        self.calm_down()
        sent = dict(self.send(countdown=0.5) for _ in range(3))
        due = time.monotonic() + 0.5
        eventually(
            lambda: has(self.ledger.taken(), sent.values()) or self.ledger.ended() >= set(sent),
            "the worker has them",
        )
        with self.full_pool():
            self.send_for(due + 0.1 - time.monotonic())
            self.save()
            self.wait_until_ended(set(sent))

    def revoke_what_waits_in_the_queue(self) -> None:
        """Revoke tasks behind a full pool, and save: the next generation does not run them."""
        self.calm_down()
        with self.full_pool():
            sent = dict(self.send() for _ in range(3))
            self.revoke(sent)
            self.save()
            self.wait_until_dropped(sent)

    def revoke_what_waits_for_its_time(self) -> None:
        """Revoke tasks with a countdown, and save twice: no generation runs them."""
        self.calm_down()
        sent = dict(self.send(countdown=1.5) for _ in range(3))
        self.revoke(sent)
        self.calm_down()
        self.calm_down()
        self.wait_until_dropped(sent)

    def revoke_in_the_middle_of_a_reload(self) -> None:
        """Revoke tasks in the moment of a save: where a generation has confirmed it, it holds."""
        self.calm_down()
        sent = dict(self.send(countdown=1.5) for _ in range(3))
        self.save()
        self.revoke(sent)
        self.wait_until_dropped(sent)

    # Tasks that send tasks

    def send_a_chain(self) -> None:
        """Send tasks that follow each other, and save: each runs once, after the one before."""
        first = self.ledger.open()
        second = self.ledger.open(after=[first])
        third = self.ledger.open(after=[second])
        chain(*map(self._signature, (first, second, third))).apply_async()
        self.save()

    def send_a_chord(self) -> None:
        """Have a task send others that one more waits for, and save: that one runs after them all.

        A task, as Celery keeps what the sender of a chord is subscribed to for ever, and complains
        of a Redis that is killed.
        """
        first = self.ledger.open()
        header = [self.ledger.open(after=[first]) for _ in range(4)]
        body = self.ledger.open(after=header)
        self.send_numbered("probe.tasks.gather", first, header, body)
        self.save()

    def send_what_is_tried_again(self) -> None:
        """Send a task that fails twice, and save: each of its attempts runs once."""
        first = self.ledger.open()
        second = self.ledger.open(after=[first])
        third = self.ledger.open(after=[second])
        self.send_numbered("probe.tasks.persist", first, third)
        self.save()

    def _signature(self, number: int) -> Any:
        return signature("probe.tasks.record", [number], immutable=True, app=self.project.app)
