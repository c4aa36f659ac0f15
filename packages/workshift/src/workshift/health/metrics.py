"""What Prometheus collects: what is in the broker and in the database, the same in every process.

How long tasks take is known to the workers; Flower collects that from their events.
"""

from collections.abc import Iterator

from django.db.models import Min
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric

from ..doctor.queues import one_task_a_queue
from ..durable.queryset import due_after_grace
from ..durable.states import Status
from ..durable.tasks import durable_models, messages_waiting
from .examinations import examine, own_broker, own_database
from .questions import Question

# The most rows of a kind to look at: whether it is ten thousand or a million, something is wrong.
MOST = 10_000


def waiting() -> dict[str, int]:
    """Return how many messages each queue holds."""
    # It says at once that the broker is away; the others would wait for it.
    with own_broker():
        return {queue: messages_waiting(task) for queue, task in one_task_a_queue().items()}


def rows() -> dict[str, tuple[float, int]]:
    """Return of each durable task how long the oldest due row has waited, and how many failed."""
    found = {}
    with own_database():
        for model in durable_models():
            ours = model.objects.all()
            # The sweep postpones the rows that it hints by the grace, and these still wait. Their
            # last move says since when.
            due = ours.filter(status=Status.PENDING, due_at__lte=due_after_grace())[:MOST]
            since = due.aggregate(since=Min("updated_at"))["since"]
            age = (timezone.now() - since).total_seconds() if since else 0.0
            failed = ours.filter(status=Status.FAILED)[:MOST].count()
            found[model._meta.label] = (max(age, 0.0), failed)
    return found


WAITING = Question(waiting)
ROWS = Question(rows)


class Collector:
    """Asks when Prometheus does; what gives no answer is left out, and is not ready."""

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        WAITING.begin()
        ROWS.begin()
        ready = GaugeMetricFamily("workshift_ready", "Whether it works.", labels=["what"])
        for what, trouble in examine().items():
            ready.add_metric([what], 0.0 if trouble else 1.0)
        yield ready
        yield from self._queues()
        yield from self._rows()

    def _queues(self) -> Iterator[Metric]:
        metric = GaugeMetricFamily(
            "workshift_queue_messages", "Tasks that wait in a queue.", labels=["queue"]
        )
        for queue, number in WAITING.answer_or({}).items():
            metric.add_metric([queue], number)
        yield metric

    def _rows(self) -> Iterator[Metric]:
        oldest = GaugeMetricFamily(
            "workshift_durable_oldest_due_seconds",
            "How long the durable task has waited that has waited longest, of those that are due.",
            labels=["model"],
        )
        failed = GaugeMetricFamily(
            "workshift_durable_failed",
            f"Durable tasks that have failed for good, {MOST} at most.",
            labels=["model"],
        )
        for model, (age, number) in ROWS.answer_or({}).items():
            oldest.add_metric([model], age)
            failed.add_metric([model], number)
        yield from (oldest, failed)


REGISTRY = CollectorRegistry(auto_describe=False)
REGISTRY.register(Collector())
