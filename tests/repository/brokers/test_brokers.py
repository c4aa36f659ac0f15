"""The demo, durable tasks, the doctor and the reload do the same with each broker."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.exceptions import OperationalError
from workshift.testing.processes import eventually

from tests.repository.brokers import servers
from tests.repository.brokers.servers import Broker
from tests.repository.brokers.site import Site

POST = """
from django.test import Client
client = Client(headers={"host": "localhost"})
answer = client.post("/", {"email": "anna@example.com", "message": "Hello from Anna"})
print(answer.status_code)
"""

# As after a crash between the commit and the hint.
WITHOUT_HINT = """
from feedback.models import Feedback
from django.utils import timezone
row = Feedback(email="ben@example.com", message="Hello from Ben", language="en")
row.due_at = timezone.now()
Feedback.objects.bulk_create([row])
"""


@pytest.fixture(
    scope="module",
    params=[
        servers.rabbitmq,
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in (servers.sentinels, servers.redis_over_tls, servers.valkey)
        ),
    ],
    ids=lambda one: one.__name__,
)
def broker(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Broker]:
    """Each broker in turn."""
    with request.param(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Site:
    """The starter with that broker."""
    return Site(tmp_path / "site", broker.variables)


def test_it_runs_the_demo_and_reloads(site: Site) -> None:
    site.run(WITHOUT_HINT)
    with site.worker() as worker:
        worker.wait_for("To: ben@example.com")
        site.run(POST)
        worker.wait_for("To: anna@example.com")

        site.send_one_that_waits(0)
        site.save(1)
        worker.wait_for("generation 2 runs feedback")
        for number in range(1, 21):
            site.send(number)
        site.wait_for(*((number, 1) for number in range(1, 21)))

        site.let_go()
        site.wait_for((0, 0))

        site.send(21, countdown=1)
        site.wait_for((21, 1))

        doctor = site.manage("doctor")
        assert doctor.wait() == 0, doctor.output
        doctor.wait_for(" answers at ")
        doctor.wait_for("Workers that answer: generation-2.")
        doctor.wait_for("The queue django_celery holds 0 tasks.")
        assert "\nwarning" not in doctor.output


@pytest.mark.slow
@pytest.mark.parametrize("broker", [servers.rabbitmq], indirect=True)
def test_rabbitmq_may_be_restarted(broker: Broker, site: Site) -> None:
    with site.worker() as worker:
        site.send(1)
        site.wait_for((1, 0))
        site.send_one_that_waits(2)
        site.send(5, countdown=3)

        broker.server.stop()
        worker.wait_for("Waiting for it.")
        broker.server.start()
        worker.wait_for("The broker is back.")

        # RabbitMQ hands it out once more, as the connection on which it was taken is lost.
        site.wait_until_one_waits()
        site.let_go()
        site.wait_for((2, 0), (2, 0))

        # At the first attempt, although the connection that was kept is none any more.
        site.send(4)
        site.wait_for((4, 0), (5, 0))

    broker.server.stop()
    with pytest.raises(OperationalError):
        site.send(3)
    broker.server.start()


@pytest.mark.slow
@pytest.mark.parametrize("broker", [servers.sentinels], indirect=True)
def test_the_sentinels_may_name_another_server(broker: Broker, site: Site) -> None:
    with site.worker() as worker:
        site.send(1)
        site.wait_for((1, 0))

        broker.server.kill()
        worker.wait_for("The broker is back.")

        def sent() -> bool:
            try:
                site.send(2)
            except OperationalError:
                return False
            return True

        eventually(sent)
        site.wait_for((2, 0))


@pytest.mark.parametrize("broker", [servers.rabbitmq], indirect=True)
def test_messages_of_a_missing_task_do_not_stop_a_quorum_queue(site: Site) -> None:
    code = site.tasks.read_text()
    with site.worker() as worker:
        site.tasks.write_text(code.replace("def record", "def renamed"))
        worker.wait_for("generation 2 runs feedback")

        # More than the worker may hold.
        for number in range(5):
            site.send(number)
        site.run(POST)
        worker.wait_for("To: anna@example.com")

        site.tasks.write_text(code)
        site.wait_for(*((number, 0) for number in range(5)))


@pytest.mark.parametrize("broker", [servers.rabbitmq], indirect=True)
def test_messages_of_a_newer_release_do_not_stop_a_quorum_queue(site: Site) -> None:
    code = site.tasks.read_text()
    site.tasks.write_text(code.replace("def record", "def renamed"))
    with site.worker_of_production("older") as older:
        for number in range(5):
            site.send(number)
        older.wait_for("has no task 'feedback.tasks.record'")
        # It holds all of them, more than it runs.
        eventually(lambda: site.waiting() == 0, "the worker has taken all messages")
        site.run(POST)
        older.wait_for("To: anna@example.com")

        site.tasks.write_text(code)
        with site.worker_of_production("newer"):
            older.tell(signal.SIGTERM)
            site.wait_for(*((number, 0) for number in range(5)))


@pytest.mark.parametrize("broker", [servers.rabbitmq], indirect=True)
def test_a_worker_that_rabbitmq_refuses_says_why(site: Site) -> None:
    with site.worker_of_production("same"):
        second = site.celery("worker", "--hostname", "same@%h")
        try:
            second.wait_for(
                "refuses what the worker asks for (Queue.declare: (405) RESOURCE_LOCKED"
            )
        finally:
            second.kill()


@pytest.mark.slow
@pytest.mark.parametrize("broker", [servers.rabbitmq], indirect=True)
def test_the_stack_starts_no_redis_that_nobody_needs(site: Site) -> None:
    stack = site.manage("dev")
    try:
        stack.wait_for("broker  yours, at amqp://127.0.0.1:")
        stack.wait_for("no Redis is started here")
        stack.wait_for("Everything is running.")
        stack.tell(signal.SIGINT)
        stack.wait()
        assert not (site.folder / ".run" / "redis").exists()
    finally:
        stack.kill()
