"""The files in `deploy/` agree with the settings, with the `Procfile` and with each other."""

import re
import shlex
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import resolve
from gunicorn.config import Config  # type: ignore[import-untyped]
from workshift.testing.processes import RedisServer

from django_celery.celery import app
from tests import ROOT
from tests.repository.deploy.files import (
    FOLDER,
    command,
    health_check,
    manifests,
    pods,
    seconds,
    services,
    unit,
    unit_path,
)


def test_the_same_commands_run_everywhere() -> None:
    text = (ROOT / "Procfile").read_text()
    for name, line in re.findall(r"^(\w+): exec (.*)$", text, re.MULTILINE):
        compose = command(name)
        # A place may add where to write, and how many there are.
        assert compose[: len(words := shlex.split(line))] == words
        assert shlex.split(unit(name)["ExecStart"].removeprefix("/srv/site/.venv/bin/")) == compose
        [container] = pods()[name]["containers"]
        assert container["command"][: len(compose)] == compose
    assert pods()["migrate"]["containers"][0]["command"] == command("migrate")


def test_a_worker_has_longer_than_the_longest_task() -> None:
    for grace in (
        seconds(services()["worker"]["stop_grace_period"]),
        int(unit("worker")["TimeoutStopSec"]),
        pods()["worker"]["terminationGracePeriodSeconds"],
    ):
        assert grace > settings.CELERY_TASK_TIME_LIMIT


def test_a_web_process_has_longer_than_its_requests() -> None:
    limit = Config().graceful_timeout
    pod = pods()["web"]
    before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert seconds(services()["web"]["stop_grace_period"]) > limit
    assert int(unit("web")["TimeoutStopSec"]) > limit
    assert pod["terminationGracePeriodSeconds"] > before + limit


def test_a_signal_reaches_the_main_process_alone() -> None:
    for name in ("web", "worker", "beat"):
        assert unit(name)["KillMode"] == "mixed"
        assert unit(name)["User"] != "root"
    # Without a shell in front, which would keep the signal to itself.
    assert "CMD [" in (FOLDER / "Dockerfile").read_text()


def test_there_is_one_beat() -> None:
    beat = manifests()["Deployment", "beat"]["spec"]

    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})
    # With a name of its own, Compose starts no second one.
    assert "container_name" in services()["beat"]


def test_there_are_as_many_workers_as_the_queue_asks_for(redis_server: RedisServer) -> None:
    scaled = manifests()["ScaledObject", "worker"]["spec"]
    workers = manifests()["Deployment", scaled["scaleTargetRef"]["name"]]["spec"]

    app.send_task("nobody.knows.it")

    queues = {key.decode() for key in redis_server.client.scan_iter(_type="list")}
    # In the tests, the keys have another prefix.
    assert {queue.replace(settings.REDIS_PREFIX, "django_celery:") for queue in queues} == {
        scaled["triggers"][0]["metadata"]["listName"]
    }
    assert "replicas" not in workers


def test_labels_lead_to_their_pods() -> None:
    for (kind, name), manifest in manifests().items():
        labels = {"app": name}
        assert manifest["metadata"]["labels"] == labels
        match kind:
            case "Deployment":
                assert manifest["spec"]["template"]["metadata"]["labels"] == labels
                assert manifest["spec"]["selector"]["matchLabels"] == labels
            case "Job":
                assert manifest["spec"]["template"]["metadata"]["labels"] == labels
            case "Service":
                assert manifest["spec"]["selector"] == labels


def test_probes_ask_for_pages_that_there_are() -> None:
    pytest.importorskip("workshift.health")
    [container] = pods()["web"]["containers"]
    asked = [container[f"{one}Probe"]["httpGet"] for one in ("startup", "readiness", "liveness")]
    paths = {one["path"] for one in asked}
    assert paths == {"/up/", "/up/ready/"}
    assert "'/up/'" in health_check()[-1]
    for path in paths:
        resolve(path)
    assert {one["port"] for one in asked} == {port["name"] for port in container["ports"]}


def test_nothing_has_a_password_by_default() -> None:
    text = (FOLDER / "compose.yaml").read_text()
    # `:?` ends with an error if there is none.
    assert set(re.findall(r"\$\{(\w*(?:KEY|PASSWORD)\w*)(\W\W)", text)) == {
        ("POSTGRES_PASSWORD", ":?")
    }
    given = re.findall(r"^(\w+)=(.*)$", (FOLDER / "env.example").read_text(), re.MULTILINE)
    assert {value for name, value in given if re.search("KEY|PASSWORD", name)} == {""}


def test_only_the_web_port_is_open_and_only_to_this_machine() -> None:
    for name in ("compose.yaml", "compose.dev.yaml"):
        opened = {
            service: one["ports"] for service, one in services(name).items() if "ports" in one
        }
        assert opened.keys() == {"web"}
        assert [urlsplit(f"//{port}").hostname for port in opened["web"]] == ["127.0.0.1"]


def test_what_git_ignores_is_in_no_image() -> None:
    ignored = (
        (ROOT / ".gitignore").read_text().replace(".vscode/*\n!.vscode/launch.json", ".vscode")
    )
    # To git a name means any folder; to Docker the top one.
    patterns = {
        name.strip("/") if name.startswith("/") else f"**/{name.strip('/')}"
        for name in ignored.split()
    }

    assert patterns - set((FOLDER / "Dockerfile.dockerignore").read_text().splitlines()) == set()


def test_a_product_can_do_without_the_folder() -> None:
    # It is named by pages and by what looks for newer images, and by nothing that runs.
    for path in [*ROOT.glob("scripts/*"), *ROOT.glob("*/*.py"), ROOT / "tests/test_stack.py"]:
        if path.parts[-2] != "starting":
            assert "deploy/" not in path.read_text(), path


def test_the_page_names_what_there_is() -> None:
    page = (FOLDER / "README.md").read_text()
    for kind, name in re.findall(r"\b(job|deployment)/(\w+)", page):
        assert (kind.capitalize(), name) in manifests()
    for name in re.findall(r"\bapp=(\w+)", page):
        assert name in pods()
    for name in re.findall(r"\bsite-(\w+)", page):
        assert unit_path(name).exists()
    for path in re.findall(r"\bdeploy/([\w./]+\w)", page):
        # Which everybody makes for themselves.
        assert path == ".env" or (FOLDER / path).exists()
    for service in re.findall(r"\bexec (\w+)", page):
        assert service in services()
