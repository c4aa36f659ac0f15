"""The README's first task works as it stands there, and the commands that it names exist."""

import os
import re
import subprocess
import sys
from pathlib import Path

from django.core.management import get_commands

from tests.processes import ROOT, RedisServer
from tests.reload.project import Project

README = (ROOT / "README.md").read_text()

PYTHON_BLOCKS = re.findall(r"^```python\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def test_the_first_task_is_live_and_its_result_can_be_asked_for(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    task, call = PYTHON_BLOCKS
    path = task.splitlines()[0].removeprefix("# ")
    app = path.partition("/")[0]
    project = Project(tmp_path / "project", redis_server.url, app=app)
    with project.worker() as worker:
        project.write(path, project.read(path) + task)
        worker.wait_for(rf"\+ {app}\.tasks\.add")
        shell = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", call],
            cwd=project.folder,
            env={"PATH": os.environ["PATH"], "PROBE_URL": project.probe_url},
            capture_output=True,
            text=True,
            check=True,
        )
    assert shell.stdout.strip() == "5"


def test_the_commands_exist() -> None:
    scripts = set(re.findall(r"\./scripts/(\w+)", README))
    assert scripts == {"bench", "dev", "lint", "test"}
    assert all(os.access(ROOT / "scripts" / name, os.X_OK) for name in scripts)
    assert set(re.findall(r"manage\.py (\w+)", README)) <= set(get_commands())


def test_the_files_that_it_links_to_exist() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_folders_of_its_table_exist() -> None:
    folders = re.findall(r"^\| `([\w/.]+)` \|", README, flags=re.MULTILINE)
    assert len(folders) > 5
    assert [folder for folder in folders if not (ROOT / folder).exists()] == []
