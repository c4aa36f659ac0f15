"""docs/adopting.md, followed to the letter in a plain project with Celery."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import psutil
from celery import Celery

from tests.processes import DEADLINE, ROOT, Process, RedisServer, eventually

PAGE = (ROOT / "docs" / "adopting.md").read_text()

CELERY = """
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
app = Celery("mysite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""

TASKS = """
import time

from celery import shared_task


@shared_task
def add(x, y):
    return x + y


@shared_task
def hang(marker):
    open(marker, "w").close()
    time.sleep(600)
"""


def block(language: str, number: int = 0) -> str:
    """Return the text of one of the page's blocks of this language."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return blocks[number]


def project_with_celery(folder: Path, redis_url: str) -> Path:
    """Make a project with an app and a task, as Django's and Celery's documentation have it."""
    project = folder / "project"
    project.mkdir()
    admin = [sys.executable, "-m", "django"]
    subprocess.run([*admin, "startproject", "mysite", project], check=True)
    subprocess.run([*admin, "startapp", "polls"], cwd=project, check=True)
    (project / "mysite" / "celery.py").write_text(CELERY)
    (project / "mysite" / "__init__.py").write_text("from .celery import app as celery_app\n")
    (project / "polls" / "tasks.py").write_text(TASKS)
    with (project / "mysite" / "settings.py").open("a") as settings:
        settings.write('\nINSTALLED_APPS += ["polls"]\n')
        settings.write(f"CELERY_BROKER_URL = CELERY_RESULT_BACKEND = {redis_url!r}\n")
    return project


def follow_the_page(project: Path) -> None:
    """Do what the page says in its steps 2 to 4."""
    (project.parent / "django-celery-starter").symlink_to(ROOT)
    subprocess.run(["sh", "-eu", "-c", block("sh")], cwd=project, check=True)
    with (project / "mysite" / "settings.py").open("a") as settings:
        settings.write(block("python", 0))
    manage = project / "manage.py"
    line = "    execute_from_command_line(sys.argv)\n"
    assert manage.read_text().count(line) == 1
    manage.write_text(manage.read_text().replace(line, block("python", 1)))


def test_a_plain_project_follows_the_page(tmp_path: Path, redis_server: RedisServer) -> None:
    project = project_with_celery(tmp_path, redis_server.url)
    follow_the_page(project)
    tasks, models = project / "polls" / "tasks.py", project / "polls" / "models.py"
    url = redis_server.url
    client = Celery("client", broker=url, backend=url, set_as_current=False)

    def result(name: str, *arguments: Any) -> Any:
        return client.send_task(f"polls.tasks.{name}", arguments).get(timeout=DEADLINE)

    models.write_text("def broken(:\n")
    worker = Process(
        [sys.executable, *block("console", 1).split()[1:]],
        folder=project,
        environment={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
    )
    try:
        worker.wait_for("waiting for the next save")
        models.write_text("")
        worker.wait_for("runs polls/models.py")
        assert result("add", 2, 3) == 5

        tasks.write_text(TASKS.replace("x + y", "x * y").replace("def hang", "def wait"))
        worker.wait_for("+ polls.tasks.wait")
        assert result("add", 2, 3) == 6

        running = client.send_task("polls.tasks.wait", [str(tmp_path / "began")])
        eventually((tmp_path / "began").exists)
        everything = psutil.Process(worker.pid).children(recursive=True)
        assert everything
        # As a terminal does: to the whole group.
        os.killpg(worker.pid, signal.SIGINT)
        assert worker.wait() == 0
        assert not psutil.wait_procs(everything, timeout=DEADLINE)[1]
        (waiting,) = redis_server.client.lrange("celery", 0, -1)
        assert running.id.encode() in waiting
    finally:
        worker.stop()
    assert not (project / "mysite" / ".run").exists()
    assert "django_celery" not in worker.output


def test_it_names_the_versions_that_this_project_has() -> None:
    packages = re.findall(r'"([^"]+)"', block("console", 0))
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]

    assert len(packages) == 3
    assert set(packages) <= set(dependencies)


def test_the_names_that_it_mentions_exist() -> None:
    for path in re.findall(r"`(django_celery/[\w/.]+)`", PAGE):
        assert (ROOT / path).is_file(), path
    for link in re.findall(r"\]\(([\w-]+\.md)", PAGE):
        assert (ROOT / "docs" / link).is_file(), link
    package = ROOT / "django_celery"
    assert "APP = " in (package / "reload" / "__init__.py").read_text()
    command = (package / "management" / "commands" / "runworker.py").read_text()
    assert "root = " in command
    assert ".parents[3]" in command


def test_what_else_can_be_copied_stands_alone() -> None:
    rows = re.findall(r"^\| `(django_celery/\w+\.py)` \|", PAGE, re.MULTILINE)
    assert len(rows) > 3
    for name in rows:
        assert not re.search(
            r"^(from|import) django_celery", (ROOT / name).read_text(), re.MULTILINE
        )
