"""A worker that looks at its own inside, as `celery_internals` sees it, and prints what is there."""

import json
import os
from pathlib import Path
from typing import Any

import redis
from celery import Celery, bootsteps
from celery.worker import state
from celery.worker.control import Panel

from workshift.celery import internals as celery_internals

# Without Django: the tasks of this project are none of its business.
app = Celery("probe", broker=os.environ["PROBE_BROKER"], fixups=[])
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=0, worker_redirect_stdouts=False)


@app.task
def hold() -> None:
    """Fill the pool until the worker has looked."""
    with redis.Redis.from_url(os.environ["PROBE_BROKER"], socket_timeout=60) as client:
        client.blpop(["looked"], 60)


@app.task
def wait() -> None:
    """Wait for a free process, or for its time."""


@app.task(rate_limit="1/h")
def limited() -> None:
    """Wait for its rate limit, from the second one on."""


class Probe(bootsteps.StartStopStep):
    """Looks when all messages are there, and ends the worker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def register_with_event_loop(self, consumer: Any, hub: Any) -> None:
        """Begin to look."""
        hub.call_soon(self.look, consumer, hub)

    def look(self, consumer: Any, hub: Any) -> None:
        """Look again until the worker has taken all that was sent, and it and its task wait."""
        client: Any = redis.Redis.from_url(os.environ["PROBE_BROKER"])
        taken, waiting = client.hlen("unacked"), client.info("clients")["blocked_clients"]
        if taken < int(os.environ["PROBE_MESSAGES"]) or waiting < 2:
            hub.call_later(0.05, self.look, consumer, hub)
            return
        client.zadd("unacked_index", dict.fromkeys(client.zrange("unacked_index", 0, -1), 1))
        celery_internals.renew_held(consumer)
        renewed = client.zrange("unacked_index", 0, -1, withscores=True)
        online = [bool(consumer.heart.tref)]
        celery_internals.say_offline(consumer)
        online.append(bool(consumer.heart.tref))
        children = Path(f"/proc/self/task/{os.getpid()}/children")
        findings = {
            "visibility timeout": celery_internals.visibility_timeout(consumer),
            "renewed": sum(score > 1 for _, score in renewed),
            "online": online,
            "processes": celery_internals.pool_processes(consumer),
            "children": [int(pid) for pid in children.read_text().split()],
            "waiting": sorted(one.name for one in celery_internals.take_waiting(consumer)),
            "waiting later": len(celery_internals.take_waiting(consumer)),
            "started": [one.name for one in celery_internals.started_requests()],
            "is blocked": bool(celery_internals.blocked_connection(consumer)),
            "blocked before": client.info("clients")["blocked_clients"],
        }
        celery_internals.unblock(consumer)
        findings["blocked after"] = client.info("clients")["blocked_clients"]
        pong = celery_internals.intercept_command("ping", lambda run, state: {"mine": run(state)})
        findings["replies"] = [
            celery_internals.run_command(consumer, command)
            for command in (pong, Panel.data["ping"])
        ]
        celery_internals.revoke_ids(["one"])
        celery_internals.revoked_stamps()["user"] = ["7"]
        findings["revoked"] = [*state.revoked, state.revoked_stamps]
        print(f"FOUND {json.dumps(findings)}", flush=True)
        client.rpush("looked", "")
        celery_internals.ask_to_stop(0)


app.steps["consumer"].add(Probe)
