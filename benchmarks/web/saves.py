"""Scenarios in which a file of the site is saved and the page is waited for."""

import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from benchmarks import processes
from benchmarks.figures import Result, megabytes, seconds
from benchmarks.plan import sample
from benchmarks.runners import Runner
from benchmarks.started import PATIENCE
from benchmarks.web.plan import SETTINGS, Serving, WebPlan
from benchmarks.web.requests import INTERVAL, Answer, Flow, ask

# Seconds between an error and the save that mends it.
_THINKING = 2.0

# Seconds in which the answers to a broken site are still those of before.
_SETTLING = 1.0

# Seconds after a burst in which a further reload would still belong to it.
_AFTERMATH = 4.0

# Seconds that a slow request has been running when the file is saved.
_UNDER_WAY = 0.5


def save(plan: WebPlan, runner: Runner) -> Result:
    """Save a view again and again."""
    with plan.serving(runner) as serving:
        return _saves(serving, plan.counts.of(runner))


def heavy(plan: WebPlan, runner: Runner) -> Result:
    """The same where the views import pandas and boto3."""
    with plan.serving(runner, heavy=True) as serving:
        return _saves(serving, plan.counts.of(runner))


def flow(plan: WebPlan, runner: Runner) -> Result:
    """Save again and again under 50 requests a second, and account for each of them."""
    seen: list[tuple[float, int]] = []  # at, version
    hung = False
    with plan.serving(runner) as serving:
        asked = Flow(serving.port)
        with asked.flowing():
            serving.pause()
            for _ in range(plan.counts.of(runner)):
                version = serving.project.save()
                first = asked.first_of(version, PATIENCE)
                if first is None:
                    hung = True
                    break
                seen.append((first.ended, version))
                serving.pause()
    statuses = Counter(answer.status for answer in asked.answers)
    old = sum(
        any(answer.began > at and answer.version < version for at, version in seen)
        for answer in asked.answers
        if answer.version is not None
    )
    waits = [answer.ended - answer.began for answer in asked.answers]
    return Result(
        {
            "reloads": f"{len(seen)}, then none in {PATIENCE:.0f} s" if hung else str(len(seen)),
            "requests": str(len(waits)),
            "refused": str(statuses.pop("refused", 0)),
            "cut": str(statuses.pop("cut", 0)),
            "no answer": str(statuses.pop("no answer", 0)),
            "errors": str(statuses.total() - statuses["200"]),
            "by old code": str(old),
            "longest wait (s)": seconds(max(waits)),
        }
    )


def slow(plan: WebPlan, runner: Runner) -> Result:
    """Save while a request of 3 seconds runs, and account for that request."""
    running: list[tuple[int, Future[Answer]]] = []  # the version before, the request
    with plan.serving(runner) as serving, ThreadPoolExecutor() as threads:

        def save_during_request() -> float | None:
            version = serving.project.version
            running.append((version, threads.submit(ask, serving.port, "/slow")))
            time.sleep(_UNDER_WAY)
            taken = _save(serving)
            # Before the next one, or the server is started anew.
            running[-1][1].result()
            return taken

        samples = sample(serving, plan.counts.of(runner, ours=5, others=2), save_during_request)
        fates = Counter(_fate(request.result(), before) for before, request in running)
    requests = ", ".join(f"{count} {fate}" for fate, count in fates.most_common())
    return Result(samples.cells() | {"the 3 s requests": requests}, samples.seconds)


def mend(plan: WebPlan, runner: Runner) -> Result:
    """Save a syntax error in the views, wait a moment, and mend it."""
    return _recovery(plan, runner, "def broken(:\n")


def mend_settings(plan: WebPlan, runner: Runner) -> Result:
    """Save a typo in the settings, wait a moment, and mend it."""
    return _recovery(plan, runner, "USE_TZ = Ture\n", SETTINGS)


def burst(plan: WebPlan, runner: Runner) -> Result:
    """Write 200 modules that the views import within a second, and count the reloads."""
    reloads: list[int] = []
    with plan.serving(runner, parts=True) as serving:

        def write_all() -> float | None:
            before = len(serving.boots())
            version = serving.project.burst()
            taken = serving.until_live(version, time.monotonic())
            if taken is not None:
                time.sleep(_AFTERMATH)
            reloads.append(len(serving.boots()) - before)
            return taken

        samples = sample(serving, plan.counts.of(runner, ours=5, others=2), write_all)
    counts = ", ".join(map(str, reloads))
    return Result(samples.cells() | {"loaded": counts}, samples.seconds)


def idle(plan: WebPlan, runner: Runner) -> Result:
    """Do nothing, and measure what the server costs meanwhile."""
    with plan.serving(runner) as serving:
        started = serving.processes()
        before = sum(map(processes.cpu_seconds, started))
        time.sleep(plan.counts.idle_seconds)
        used = sum(map(processes.cpu_seconds, started)) - before
        return Result(
            {
                "CPU (% of a core)": f"{100 * used / plan.counts.idle_seconds:.2f}",
                "processes": str(len(started)),
                "memory (MB)": megabytes(sum(map(processes.memory, started))),
                "start (s)": seconds(serving.start_seconds),
            }
        )


def _recovery(plan: WebPlan, runner: Runner, error: str, file: str | None = None) -> Result:
    meanwhile: Counter[str] = Counter()
    with plan.serving(runner) as serving:

        def break_and_mend() -> float | None:
            text = serving.project.save_broken(error, file)
            broken = time.monotonic()
            while time.monotonic() < broken + _THINKING:
                answer = ask(serving.port, seconds=_THINKING)
                if answer.ended > broken + _SETTLING:
                    meanwhile["old page" if answer.status == "200" else answer.status] += 1
                time.sleep(INTERVAL)
            since = time.monotonic()
            return serving.until_live(serving.project.mend(text, file), since)

        samples = sample(serving, plan.counts.of(runner, ours=5, others=2), break_and_mend)
    answers = ", ".join(status for status, _ in meanwhile.most_common())
    return Result(samples.cells() | {"meanwhile": answers}, samples.seconds)


def _fate(answer: Answer, before: int) -> str:
    if answer.version is None:
        return answer.status
    return "answered by the old code" if answer.version == before else "answered by the new code"


def _saves(serving: Serving, count: int) -> Result:
    samples = sample(serving, count, lambda: _save(serving))
    return Result(samples.cells() | {"start (s)": seconds(serving.start_seconds)}, samples.seconds)


def _save(serving: Serving) -> float | None:
    since = time.monotonic()
    return serving.until_live(serving.project.save(), since)
