"""The scenario in which tasks keep coming while the code is replaced."""

import time
from collections import Counter
from statistics import median

from benchmarks.figures import Result, seconds
from benchmarks.plan import Plan
from benchmarks.runners import Runner
from benchmarks.running import Running
from benchmarks.started import PATIENCE

# Seconds between the first result of new code and the next save.
_PAUSE = 1.0

# Seconds before a save in which a task that is sent may be met by the reload.
_LEAD = 0.2

# Tasks in the queue when nothing has piled up in it.
_FLOWING = 5

# Seconds without any task at the end, after which none of what is left will be run.
_END = 5.0


def load(plan: Plan, runner: Runner) -> Result:
    """Save again and again under 100 tasks a second, and account for each of them."""
    with plan.running(runner) as running:
        saved: list[tuple[float, float, int]] = []  # saved at, seen at, version
        hung = False
        with running.traffic.flowing():
            time.sleep(_PAUSE)
            for _ in range(plan.counts.of(runner, others=3)):
                since = time.monotonic()
                version = running.project.save()
                note = running.traffic.first_of(version, PATIENCE)
                if note is None:
                    hung = True
                    break
                saved.append((since, note.began_at, version))
                running.traffic.drain(PATIENCE, most=_FLOWING)
                time.sleep(_PAUSE)
        running.traffic.settle(_END)
        return _account(running, saved, hung=hung)


def _account(running: Running, saved: list[tuple[float, float, int]], *, hung: bool) -> Result:
    notes, sent = running.traffic.notes, running.traffic.sent
    waits = []
    for index, (since, _, _) in enumerate(saved):
        until = saved[index + 1][0] - _LEAD if index + 1 < len(saved) else float("inf")
        window = [n for n in notes if since - _LEAD <= n.sent_at < until]
        waits += [max(n.began_at - n.sent_at for n in window)] if window else []
    runs = Counter(note.number for note in notes)
    unrun = len(sent) - len(runs)
    held = len(running.traffic.waiting()) + len(running.traffic.unacknowledged())
    old = sum(
        note.sent_at > seen and note.version < version
        for note in notes
        for _, seen, version in saved
    )
    return Result(
        {
            "longest wait: median (s)": seconds(median(waits)) if waits else "–",  # noqa: RUF001
            "worst (s)": seconds(max(waits)) if waits else "–",  # noqa: RUF001 - no figure.
            "reloads": f"{len(saved)}, then none in {PATIENCE:.0f} s" if hung else str(len(saved)),
            "tasks": str(len(sent)),
            "lost": str(max(0, unrun - held)),
            "stuck": str(min(unrun, held)),
            "run twice": str(sum(count > 1 for count in runs.values())),
            "on old code": str(old),
        },
        waits,
    )
