"""What the doctor says of the ports."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.dev.test_ports import listener
from workshift.doctor.context import Patient
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


def only(patient: Patient) -> Finding:
    """The one finding."""
    [finding] = ports(patient)
    return finding


def test_a_free_port_and_one_that_the_project_holds(patient: Patient, port: int) -> None:
    assert only(patient).level is Level.OK
    with listener(port, patient.folder) as pid:
        finding = only(patient)
    assert finding.level is Level.OK
    assert f"by this project, process {pid}" in str(finding)


def test_a_port_that_a_stranger_holds(
    patient: Patient, port: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere: Path = tmp_path_factory.mktemp("elsewhere")
    with listener(port, elsewhere) as pid:
        finding = only(patient)
        patient.stack = 123
        while_it_runs = only(patient)

    assert finding.level is Level.PROBLEM
    assert f"Port {port} is already taken by process {pid}" in str(finding)
    assert "in .env" in str(finding)
    assert while_it_runs.level is Level.WARNING


def test_no_port_counts_in_production(patient: Patient, port: int, settings: Settings) -> None:
    settings.DEBUG = False
    assert list(ports(patient)) == []
