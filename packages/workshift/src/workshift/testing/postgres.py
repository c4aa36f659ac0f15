"""A PostgreSQL cluster for tests, if PostgreSQL is installed."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg

from .processes import free_port


class Cluster:
    """A server on a free port of 127.0.0.1, with its files in its own folder."""

    def __init__(self, programs: Path) -> None:
        """Create and start a cluster with the programs in this folder."""
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._port = free_port()
        # PostgreSQL refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        shutil.chown(self._folder, self._user)
        data = self._folder / "data"
        self._run("initdb", "--pgdata", data, "--auth", "trust", "--username", "postgres")
        self._run(
            *("pg_ctl", "start", "--wait", "--pgdata", data, "--log", self._folder / "log"),
            # The tests' data need not survive a power failure.
            *("--options", f"-p {self._port} -k {self._folder} -c fsync=off"),
        )

    def create_database(self, name: str) -> str:
        """Create an empty database and return its DATABASE_URL."""
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self._url(name)

    def stop(self) -> None:
        """Stop the server, even if clients are connected, and remove its files."""
        self._run("pg_ctl", "stop", "--mode", "immediate", "--pgdata", self._folder / "data")
        shutil.rmtree(self._folder)

    def _url(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self._port}/{database}"

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", self._user, "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder)
