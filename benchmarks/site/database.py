"""The PostgreSQL of the site, with its own settings but for the address."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from workshift.testing import installed
from workshift.testing.processes import free_port

from benchmarks.site.daemon import DEADLINE, Daemon
from benchmarks.site.machines import Machines

# Copies of the same message, done: the table of a site that is older than a day.
_FILL = """
INSERT INTO feedback_feedback (id, status, due_at, attempts, last_error, created_at, updated_at,
    finished_at, email, message, language)
SELECT gen_random_uuid(), 'done', day, 1, '', day, day, day, 'visitor@example.org',
    repeat('There is more to say. ', 10), 'en'
FROM (SELECT now() - number * interval '1 second' AS day FROM generate_series(1, %s) AS number) AS days
"""


class Database:
    """A server on the machine `database`, and one database in it."""

    def __init__(self, folder: Path, machines: Machines) -> None:
        """Prepare a server with its files in `folder`."""
        self._folder, self._machines = folder, machines
        self._address, self._port = machines.address("database"), free_port()
        self._programs = _programs()
        self.daemon: Daemon | None = None

    def create(self) -> None:
        """Create the files and the database, and start the server."""
        folder = self._folder
        folder.mkdir()
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            shutil.chown(folder, "postgres", "postgres")
        initdb = self._as_postgres("initdb", "--pgdata", f"{folder}/data", "--auth", "trust")
        # It survives no power failure anyway.
        subprocess.run(
            [*initdb, "--username", "postgres", "--no-sync"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
        )
        with (folder / "data/pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")
        self._start()
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE site")

    @property
    def url(self) -> str:
        """The DATABASE_URL."""
        return self._url("site")

    @property
    def version(self) -> str:
        """The server's version."""
        with psycopg.connect(self.url) as connection:
            return f"{connection.info.server_version // 10000}"

    def fill(self, rows: int) -> None:
        """Add so many messages that were sent long ago."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_FILL, (rows,))
            connection.execute("VACUUM ANALYZE feedback_feedback")

    def bytes_a_row(self) -> float:
        """Return the room that a message takes on disk, with its share of the indexes."""
        with psycopg.connect(self.url) as connection:
            query = "SELECT pg_total_relation_size('feedback_feedback')"
            size = sum(size for (size,) in connection.execute(query))
            rows = sum(
                rows for (rows,) in connection.execute("SELECT count(*) FROM feedback_feedback")
            )
        return float(size / rows)

    def unfinished(self) -> int:
        """Return how many messages are neither sent nor given up."""
        with psycopg.connect(self.url) as connection:
            query = "SELECT count(*) FROM feedback_feedback WHERE status IN ('pending', 'running')"
            return sum(count for (count,) in connection.execute(query))

    def restart(self) -> None:
        """Stop it as its service would, breaking the connections, and start it again."""
        self._end(signal.SIGINT)
        self._start()

    def stop(self) -> None:
        """End it at once, with all its processes."""
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        if self.daemon:
            self.daemon.tell(number)
            self.daemon.wait()

    def _start(self) -> None:
        command = self._as_postgres(
            *("postgres", "-D", f"{self._folder}/data", "-k", str(self._folder)),
            *("-p", str(self._port), "-h", self._address),
        )
        self.daemon = Daemon(
            self._machines.command("database", command),
            folder=self._folder,
            environment=os.environ,
            log=self._folder.with_name("database.log"),
        )
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                psycopg.connect(self._url("postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                if self.daemon.has_ended() or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def _url(self, database: str) -> str:
        return f"postgres://postgres@{self._address}:{self._port}/{database}"

    def _as_postgres(self, program: str, *arguments: str) -> list[str]:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        return command


def _programs() -> Path:
    """Return the folder of PostgreSQL's programs. Raises SystemExit if it is not installed."""
    if folder := installed.postgresql():
        return folder
    sys.exit("This needs PostgreSQL; install it: sudo apt install postgresql.")
