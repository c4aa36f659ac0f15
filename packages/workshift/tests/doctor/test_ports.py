"""What the doctor says of the ports."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.dev.test_ports import listener
from workshift.doctor.context import Context
from workshift.doctor.findings import Finding, Level
from workshift.doctor.ports import ports
from workshift.env import Environment
from workshift.testing.processes import free_port


@pytest.fixture
def port(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> int:
    """The port of the web process. There is no other: REDIS_URL names a Redis."""
    settings.DEBUG = True
    port = free_port()
    monkeypatch.setitem(Environment.ENVIRON, "PORT", str(port))
    return port


def only(context: Context) -> Finding:
    """The one finding."""
    [finding] = ports(context)
    return finding


def test_a_free_port_and_one_that_the_project_holds(context: Context, port: int) -> None:
    assert only(context).level is Level.OK
    with listener(port, context.folder) as pid:
        finding = only(context)
    assert finding.level is Level.OK
    assert f"by this project, process {pid}" in str(finding)


def test_a_port_that_a_stranger_holds(
    context: Context, port: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere: Path = tmp_path_factory.mktemp("elsewhere")
    with listener(port, elsewhere) as pid:
        finding = only(context)
        context.stack = 123
        while_it_runs = only(context)

    assert finding.level is Level.PROBLEM
    assert f"Port {port} is already taken by process {pid}" in str(finding)
    assert "in .env" in str(finding)
    assert while_it_runs.level is Level.WARNING


def test_no_port_counts_in_production(context: Context, port: int, settings: Settings) -> None:
    settings.DEBUG = False
    assert list(ports(context)) == []
