"""A project of many apps, with one module of tasks and one of views that are measured."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.large import apps
from benchmarks.project import PREFIX, QUEUE, Project, environment

SITE = "mysite"

TASKS = "probe/tasks.py"
VIEWS = "pages/views.py"
MODELS = f"{apps.names(1)[0]}/models.py"

_SETTINGS = f"""
VERSION = 0
CELERY_BROKER_TRANSPORT_OPTIONS = {{"global_keyprefix": "{PREFIX}"}}
CELERY_TASK_DEFAULT_QUEUE = "{QUEUE}"
"""

_URLS = """
from django.urls import include
from pages import views

urlpatterns += [path("", views.page), path("slow", views.slow)]
urlpatterns += [path(f"{name}/", include(f"{name}.urls")) for name in NAMES]
"""

_CELERY = f"""
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{SITE}.settings")

app = Celery("{SITE}")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""

# What such a module imports in a project of this kind.
_IMPORTS = """
from app_001 import constants, models, services
from app_002 import services as other_services
"""

# Keeps a connection open when the settings are imported, so there is no snapshot.
CONNECTION = "\nimport socket\n\nKEPT = socket.socket()\n"


def write_template(folder: Path, count: int, redis_url: str) -> None:
    """Write a project of `count` apps into `folder`, which must not exist.

    Raises subprocess.CalledProcessError if Django cannot make its part.
    """
    folder.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "django", "startproject", SITE, "."],
        cwd=folder,
        env=environment({}),
        check=True,
    )
    names = apps.names(count)
    apps.write(folder, count)
    ignored = shutil.ignore_patterns("__pycache__", "management")
    for name in ("probe", "pages"):
        shutil.copytree(Path(__file__).parent.parent / name, folder / name, ignore=ignored)
    for file in (TASKS, VIEWS):
        path = folder / file
        path.write_text(path.read_text().replace("\nVERSION = 0", f"{_IMPORTS}\nVERSION = 0", 1))
    (folder / SITE / "celery.py").write_text(_CELERY)
    (folder / SITE / "__init__.py").write_text("from .celery import app as celery_app\n")
    with (folder / SITE / "urls.py").open("a") as urls:
        urls.write(_URLS.replace("NAMES", repr(names)))
    with (folder / SITE / "settings.py").open("a") as settings:
        settings.write(f'INSTALLED_APPS += ["probe", *{names!r}]\n')
        settings.write(f'CELERY_BROKER_URL = "{redis_url}"\n{_SETTINGS}')
    with (folder / MODELS).open("a") as models:
        models.write("\nVERSION = 0\n")


def of_models(template: Path, folder: Path, code: str) -> Project:
    """Copy a project of which a module of models is saved; `code` is what shows its version."""
    project = Project(template, folder, MODELS)
    path = folder / code
    module = MODELS.removesuffix(".py").replace("/", ".")
    path.write_text(
        re.sub("VERSION = 0", f"from {module} import VERSION", path.read_text(), count=1)
    )
    return project
