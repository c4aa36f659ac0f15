"""`/up/` and `/up/ready/`, asked as Kubernetes asks, of real servers that come and go."""

import psycopg

from tests.health.conftest import PROBE, VISITOR, StartSite, migrate
from workshift.testing.fixtures import StartWorker
from workshift.testing.processes import RedisServer, eventually

SESSION = "sessionid=" + "x" * 32

UP = (200, "up")
READY = (200, "ready")
NOT_READY = (503, "not ready")


def test_ready_is_what_has_everything_that_it_needs(
    start_site: StartSite, own_redis: RedisServer, empty_database: str, start_worker: StartWorker
) -> None:
    servers = {"REDIS_URL": own_redis.url, "DATABASE_URL": empty_database}
    site = start_site(**servers)

    assert site.probe("/up/") == UP
    assert site.probe("/up/ready/") == NOT_READY
    site.wait_for("Not ready: migrations.")
    site.wait_for("Not ready: worker. No worker answered")
    migrate(empty_database)
    eventually(lambda: site.probe("/up/ready/") and "Ready again: migrations." in site.output)
    assert site.probe("/up/ready/") == NOT_READY
    start_worker("--pool", "solo", environment=servers)
    eventually(lambda: site.probe("/up/ready/") == READY, "there is a worker")

    own_redis.stop()
    eventually(lambda: site.probe("/up/ready/") == NOT_READY, "Redis is gone")
    # Each answer counts for a moment, so this one may be found out later than the others.
    eventually(lambda: site.probe("/up/ready/") and "Not ready: broker." in site.output)
    assert site.probe("/up/") == UP
    own_redis.start()
    eventually(lambda: site.probe("/up/ready/") == READY, "Redis is back")

    name = empty_database.rpartition("/")[2]
    with psycopg.connect(empty_database.replace(name, "postgres"), autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        eventually(lambda: site.probe("/up/ready/") == NOT_READY, "the database is gone")
        eventually(lambda: site.probe("/up/ready/") and "Not ready: database." in site.output)
        # Nobody can be recognised, and nobody waits for the database to try.
        response, text = site.get("/up/ready/", {**VISITOR, "Cookie": SESSION})
        assert (response.status, text.strip()) == NOT_READY
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
        eventually(lambda: site.probe("/up/ready/") == READY, "the database is back")
    # That it is not ready is no error of the site.
    assert "ERROR" not in site.output


def test_servers_that_accept_and_say_nothing(start_site: StartSite, silent_port: int) -> None:
    site = start_site(
        REDIS_URL=f"redis://127.0.0.1:{silent_port}/0",
        DATABASE_URL=f"postgres://user:hunter2@127.0.0.1:{silent_port}/name",
    )

    assert site.probe("/up/ready/") == NOT_READY

    for what in ("database", "migrations", "broker", "worker"):
        site.wait_for(f"Not ready: {what}.")
    assert site.probe("/up/") == UP
    assert "hunter2" not in site.output
    # Neither that, nor the addresses are anybody's business.
    response, text = site.get("/up/ready/", PROBE)
    assert text == "not ready\n"
    assert response.headers["Cache-Control"] is not None


def test_only_probes_may_come_by_the_wrong_name(start_site: StartSite) -> None:
    site = start_site()

    for path in ("/", "/up/elsewhere/"):
        assert site.get(path, PROBE)[0].status == 400
        assert site.get(path, {"Host": "example.com"})[0].status == 301
    assert site.get("/up/", PROBE)[0].status == 200
    # Whoever may be logged in comes as everybody does.
    assert site.get("/up/", {**PROBE, "Cookie": SESSION})[0].status == 400
    assert site.get("/up/", VISITOR)[0].status == 200
    # Nobody has set METRICS_TOKEN.
    assert site.get("/up/metrics/", PROBE)[0].status == 404
