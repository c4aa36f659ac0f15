"""What is compared in large projects: this project's commands, and others as documented."""

from dataclasses import replace

from benchmarks.large.project import CONNECTION, SITE
from benchmarks.runners import OURS as OUR_WORKER
from benchmarks.runners import RUNNERS as WORKERS
from benchmarks.runners import Runner
from benchmarks.web.runners import OURS as OUR_SERVER
from benchmarks.web.runners import RUNNERS as SERVERS

_PACKAGE = WORKERS[1].command[-1].split()[1]


def _named(runners: tuple[Runner, ...], name: str) -> Runner:
    [found] = [runner for runner in runners if runner.name == name]
    # All run the project that `startproject` makes.
    command = tuple(word.replace(f"-A {_PACKAGE}", f"-A {SITE}") for word in found.command)
    source = found.source.replace("the same, with", "cookiecutter-django, with")
    return replace(found, command=command, source=source)


_OUR_WORKER = replace(
    OUR_WORKER, command=(*OUR_WORKER.command, "--verbose"), settings=OUR_SERVER.settings
)

_OUR_SERVER = replace(OUR_SERVER, command=(*OUR_SERVER.command, "--verbose"))


def _without_snapshot(runner: Runner) -> Runner:
    return replace(
        runner,
        name=f"{runner.name}-without",
        title=f"{runner.title}, no snapshot",
        source="the same, without a snapshot: the settings keep a connection open",
        settings=runner.settings + CONNECTION,
        ours=False,
    )


WORKER_RUNNERS = (
    _OUR_WORKER,
    _without_snapshot(_OUR_WORKER),
    _named(WORKERS, "watchfiles-lean"),
)

WEB_RUNNERS = (
    _OUR_SERVER,
    _without_snapshot(_OUR_SERVER),
    _named(SERVERS, "django-runserver"),
)

RUNNERS = (*WORKER_RUNNERS, *WEB_RUNNERS)
