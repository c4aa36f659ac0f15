"""A small project that is edited at random, and always as its description says."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.files import Files

APPS = 5

# In the order in which they may import each other: from an earlier kind, or from an earlier app.
KINDS = (
    *("constants", "base", "models", "forms", "services", "tasks"),
    *("admin", "signals", "views", "urls", "reports"),
)

# What people edit all day long.
HOT = ("tasks", "views", "services", "forms")

# A file that nothing imports, and that comes first when files are named.
MARK = "a_mark.py"

# This app's package hands on what is in its constants.
_HANDS_ON = 2

# How a module uses another one; `{n}` is the number of the import.
STYLES = {
    "module": "from {package} import {name} as m{n}\nTOTAL += m{n}.TOTAL\n",
    "value": "from {module} import TOTAL as t{n}\nTOTAL += t{n}\n",
    "star": "from {module} import *\nTOTAL += STAR_{star}\n",
    "importlib": 'm{n} = importlib.import_module("{module}")\nTOTAL += m{n}.TOTAL\n',
    "try": "try:\n    from {module} import TOTAL as t{n}\nexcept ImportError:\n    t{n} = -1\n"
    "TOTAL += t{n}\n",
    "attribute": "import {module}\nTOTAL += {module}.TOTAL\n",
    "hasattr": 'import {module} as h{n}\nHAS{n} = hasattr(h{n}, "OPTION")\n',
    # All of these functions are called, so this imports what may not be there yet.
    "function": "def get{n}():\n    from {module} import TOTAL\n    return TOTAL\n",
    "find_spec": 'FOUND{n} = importlib.util.find_spec("{module}") is not None\n',
    "text": 'TOTAL += len(Path(importlib.util.find_spec("{module}").origin).read_text())\n',
}

_HEAD = """import importlib
import importlib.util
from pathlib import Path

BASE = Path(__file__).resolve()
while not (BASE / "manage.py").exists():
    BASE = BASE.parent

VALUE = {value}
TOTAL = VALUE
"""

_BODIES = {
    "models": """
from django.db import models


class Thing{app}(models.Model):
    size = models.IntegerField(default=TOTAL)
    NUMBER = TOTAL
""",
    "base": """
class Base:
    NUMBER = TOTAL
""",
    "forms": """
from django import forms


class ThingForm{app}(forms.Form):
    size = forms.IntegerField(max_value=TOTAL)
    NUMBER = TOTAL
""",
    "tasks": """
import metrics_registry
from celery import shared_task

metrics_registry.register("{module}")


@shared_task(name="{module}")
def work():
    return TOTAL
""",
    "admin": """
from django.contrib import admin

from app{app}.models import Thing{app}


@admin.register(Thing{app})
class ThingAdmin(admin.ModelAdmin):
    list_per_page = TOTAL
""",
    "signals": """
from django.db.models.signals import post_save
from django.dispatch import receiver

from app{app}.models import Thing{app}


@receiver(post_save, sender=Thing{app})
def saved(**_):
    return TOTAL


saved.NUMBER = TOTAL
""",
    "views": """
import metrics_registry
from django.http import HttpResponse

metrics_registry.register("{module}")


def page(request):
    return HttpResponse(str(TOTAL))
""",
    "urls": """
from django.urls import path

from app{app} import views

app_name = "app{app}"
urlpatterns = [path(f"page{{TOTAL}}/", views.page, name="page")]
""",
    "reports": """
from celery import shared_task
from django.urls import reverse

URL = reverse("app0:page")


@shared_task(name="{module}")
def report():
    return URL
""",
}

_TAIL = """

def late():
    return TOTAL


STAR_{star} = TOTAL
__all__ = ["STAR_{star}"]
"""

_SETTINGS = """
from pathlib import Path

from workshift.env import Environment

env = Environment()
env.read_env(Path(__file__).resolve().parent.parent / ".env")

NUMBER = {number}
FROM_ENV = env.int("FROM_ENV", default=0)
DEBUG = True
SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "mysite.urls"
INSTALLED_APPS = [
    "workshift",
    {optional}
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    {apps},
    "probe",
]
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}}]
MIDDLEWARE = []
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "static/"
# The admin is there for what it registers.
SILENCED_SYSTEM_CHECKS = [f"admin.E{{number}}" for number in range(400, 420)]
LOGGING_CONFIG = None
CELERY_BROKER_URL = {redis!r}
CELERY_RESULT_BACKEND = {redis!r}
CELERY_TASK_DEFAULT_QUEUE = "mysite"
CELERY_IMPORTS = ["app4.reports"]
"""

_URLS = """
from django.contrib import admin
from django.urls import include, path

from probe import views

urlpatterns = [path("values", views.values), path("admin/", admin.site.urls)]
urlpatterns += [path(f"app{n}/", include(f"app{n}.urls")) for n in range(APPS)]
"""

_CELERY = """
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")

app = Celery("mysite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
"""

_READY = """
from django.apps import AppConfig


class Config(AppConfig):
    name = "{app}"

    def ready(self):
        from {app} import signals

        self.number = signals.TOTAL
"""

_PROBE_TASKS = """
from celery import shared_task

from probe.values import all_values


@shared_task(name="values")
def values():
    return all_values(urls=False)
"""

_PROBE_VIEWS = """
from django.http import JsonResponse

from probe.values import all_values


def values(request):
    return JsonResponse(all_values(urls=True))
"""

_REGISTRY = """
NAMES = []


def register(name):
    if name in NAMES:
        raise ValueError(f"{name} is registered twice.")
    NAMES.append(name)
"""


def data(app: int) -> str:
    """Return where the data of an app is: a number, in whichever format."""
    return f"app{app}/data.{('txt', 'json', 'yaml')[app % 3]}"


@dataclass
class Module:
    """A module of an app, as it is to be."""

    app: int
    kind: str
    name: str  # within the app; another one than `kind` after it was renamed
    value: int
    uses: list[tuple[str, str, str]] = field(default_factory=list)  # package, name and style
    reads: bool = False  # the app's data file
    setting: bool = False  # of the settings
    handed_on: bool = False  # what a package has from one of its modules
    asks: bool = False  # whether an app is installed
    option: bool = False  # has something that others look for
    is_package: bool = False
    error: str = ""

    @property
    def dotted(self) -> str:
        """How it is imported."""
        return f"app{self.app}.{self.name}"

    @property
    def path(self) -> str:
        """Where it is."""
        file = f"{self.name}/__init__.py" if self.is_package else f"{self.name}.py"
        return f"app{self.app}/{file}"

    def text(self) -> str:
        """Return what is in it."""
        parts = [_HEAD.format(value=self.value)]
        for number, (package, name, style) in enumerate(self.uses):
            parts.append(
                STYLES[style].format(
                    n=number,
                    package=package,
                    name=name,
                    module=f"{package}.{name}",
                    star=f"{package}_{name}",
                )
            )
        if self.reads:
            parts.append(f'TOTAL += int((BASE / "{data(self.app)}").read_text())\n')
        if self.setting:
            parts.append("from django.conf import settings\nTOTAL += settings.NUMBER\n")
        if self.handed_on:
            parts.append(f"from app{_HANDS_ON} import CONSTANT\nTOTAL += CONSTANT\n")
        if self.asks:
            parts.append(
                "from django.apps import apps\nIS_INSTALLED = apps.is_installed('optional')\n"
            )
        if self.option:
            parts.append("OPTION = 1\n")
        parts.append(self.error)
        parts.append(_BODIES.get(self.kind, "").format(app=self.app, module=self.dotted))
        parts.append(_TAIL.format(star=f"app{self.app}_{self.name}"))
        return "\n".join(parts)


class World(Files):
    """The project, and the edits of it."""

    def __init__(self, folder: Path, packages: Path, redis_url: str, seed: int) -> None:
        """Write the project into `folder`, and an installed package into `packages`."""
        self.folder = folder
        self._random = random.Random(seed)
        self._redis = redis_url
        self._settings = 1
        self._is_optional_installed = False
        self._env = 1
        self._count = 0
        self._broken: Module | None = None
        self._hidden: str | None = None
        packages.mkdir(parents=True, exist_ok=True)
        (packages / "metrics_registry.py").write_text(_REGISTRY)
        self.modules = [
            Module(app, kind, kind, self._number())
            for app in range(APPS)
            for kind in KINDS
            if kind != "reports" or app == APPS - 1
        ]
        for module in self.modules:
            for _ in range(self._random.randrange(3)):
                self._add_use(module)
            module.reads = self._random.random() < 0.2
            module.setting = self._random.random() < 0.2
            module.handed_on = module.kind != "constants" and self._random.random() < 0.2
            # Before the models, apps are not known yet.
            module.asks = module.kind not in {"constants", "base"} and self._random.random() < 0.1
        self._write_all()

    def edit(self) -> str:
        """Edit something, and return what."""
        if self._broken:
            return self._mend() if self._random.random() < 0.7 else self._edit_hot()
        if self._hidden:
            shutil.rmtree(self.folder / self._hidden)
            hidden, self._hidden = self._hidden, None
            return f"show what {hidden}/ has hidden"
        chosen: list[Callable[[], str]] = self._random.choices(
            [
                *(self._edit_hot, self._edit_any, self._edit_settings, self._edit_env),
                *(self._change_uses, self._rename, self._toggle_package, self._hide),
                *(self._add_module, self._delete_module, self._edit_data, self._edit_init),
                *(self._edit_several, self._break, self._edit_template, self._edit_unused),
                self._toggle_option,
            ],
            weights=[40, 12, 3, 3, 8, 3, 2, 2, 3, 3, 4, 2, 4, 5, 3, 3, 3],
        )
        return chosen[0]()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is broken, or hidden."""
        return not self._broken and not self._hidden

    def edit_code(self) -> str:
        """Edit the value of a module, and return which."""
        return self._random.choice([self._edit_hot, self._edit_any])()

    def mark(self) -> None:
        """Edit what makes no difference."""
        self.write(MARK, f"VALUE = {self._number()}\n")

    def _number(self) -> int:
        # Of the same length, so that only its content tells one version of a file from another.
        return self._random.randrange(100, 1000)

    def _some(self, kinds: tuple[str, ...] = KINDS) -> Module:
        return self._random.choice([one for one in self.modules if one.kind in kinds])

    def _write(self, module: Module) -> str:
        self.write(module.path, module.text())
        return module.path

    def _write_all(self) -> None:
        apps = ", ".join(f'"app{app}"' for app in range(APPS))
        self.write("manage.py", _MANAGE)
        self.write("mysite/__init__.py", "from .celery import app as celery_app\n")
        self.write("mysite/celery.py", _CELERY)
        self.write("mysite/urls.py", _URLS.replace("APPS", str(APPS)))
        self._apps = apps
        self._write_settings()
        self.write(".env", "FROM_ENV=1\n")
        self.write("probe/__init__.py", "")
        self.write("probe/tasks.py", _PROBE_TASKS)
        self.write("probe/views.py", _PROBE_VIEWS)
        self.write("probe/values.py", (Path(__file__).parent / "values.py").read_text())
        self.write("optional/__init__.py", "")
        self.mark()
        for app in range(APPS):
            self._write_init(app)
            self.write(f"app{app}/apps.py", _READY.format(app=f"app{app}"))
            self.write(data(app), "1")
            self.write(f"app{app}/unused.py", "VALUE = 0\n")
            self.write(f"app{app}/templates/page{app}.html", "0")
        for module in self.modules:
            self._write(module)

    def _write_settings(self) -> None:
        self.write(
            "mysite/settings.py",
            _SETTINGS.format(
                number=self._settings,
                apps=self._apps,
                redis=self._redis,
                optional='"optional",' if self._is_optional_installed else "",
            ),
        )

    def _write_init(self, app: int) -> None:
        hands_on = f"from app{app}.constants import TOTAL as CONSTANT\n" * (app == _HANDS_ON)
        self.write(f"app{app}/__init__.py", f"MARK = {self._number()}\n{hands_on}")

    def _rank(self, module: Module) -> tuple[int, int]:
        kind = KINDS.index(module.kind) if module.kind in KINDS else 0
        return kind, module.app

    def _add_use(self, module: Module) -> None:
        before = [
            one
            for one in self.modules
            if self._rank(one) < self._rank(module) and one.kind not in {"admin", "reports"}
        ]
        if before:
            other = self._random.choice(before)
            style = self._random.choice(list(STYLES))
            module.uses.append((f"app{other.app}", other.name, style))

    def _edit_hot(self) -> str:
        # Always the same few.
        hot = [one for one in self.modules if one.kind in HOT and one.app in {1, 3}]
        module = self._random.choice(hot)
        module.value = self._number()
        return f"edit {self._write(module)}"

    def _edit_any(self) -> str:
        module = self._some()
        module.value = self._number()
        return f"edit {self._write(module)}"

    def _edit_several(self) -> str:
        modules = {id(one): one for one in (self._some() for _ in range(3))}.values()
        for module in modules:
            module.value = self._number()
        return f"edit {', '.join(self._write(module) for module in modules)}"

    def _edit_settings(self) -> str:
        self._settings = self._number()
        self._is_optional_installed = self._random.random() < 0.5
        self._write_settings()
        return "edit the settings"

    def _edit_env(self) -> str:
        self._env = self._number()
        self.write(".env", f"FROM_ENV={self._env}\n")
        return "edit .env"

    def _edit_init(self) -> str:
        app = self._random.randrange(APPS)
        self._write_init(app)
        return f"edit app{app}/__init__.py"

    def _edit_template(self) -> str:
        app = self._random.randrange(APPS)
        self.write(f"app{app}/templates/page{app}.html", f"{self._number()}")
        # The web server needs no new generation for that, and says so in other words.
        return f"edit a template, and then {self._edit_hot()}"

    def _edit_unused(self) -> str:
        app = self._random.randrange(APPS)
        self.write(f"app{app}/unused.py", f"VALUE = {self._number()}\n")
        return f"edit app{app}/unused.py"

    def _edit_data(self) -> str:
        # Nobody watches it.
        app = self._random.randrange(APPS)
        self.write(data(app), str(self._number()))
        return f"edit {data(app)}, and then {self._edit_hot()}"

    def _change_uses(self) -> str:
        module = self._some()
        if module.uses and self._random.random() < 0.5:
            module.uses.pop()
        else:
            self._add_use(module)
        return f"change the imports of {self._write(module)}"

    def _toggle_option(self) -> str:
        module = self._some()
        module.option = not module.option
        return f"{'add' if module.option else 'remove'} an option of {self._write(module)}"

    def _break(self) -> str:
        self._broken = self._some()
        self._broken.error = self._random.choice(
            ["def broken(:\n", "import not_there\n", "raise ValueError('broken')\n", "1 / 0\n"]
        )
        return f"break {self._write(self._broken)}"

    def _mend(self) -> str:
        assert self._broken
        module, self._broken = self._broken, None
        module.error = ""
        return f"mend {self._write(module)}"

    def _helpers(self) -> list[Module]:
        return [one for one in self.modules if one.kind == "base"]

    def _rename(self) -> str:
        module = self._random.choice(self._helpers())
        old_path, old_name = module.path, module.name
        self._count += 1
        module.name = f"base{self._count}"
        users = self._users(module.app, old_name)
        for user in users:
            user.uses = [
                (package, module.name, style)
                if (package, name) == (f"app{module.app}", old_name)
                else (package, name, style)
                for package, name, style in user.uses
            ]
        self._remove(old_path)
        self._write(module)
        for user in users:
            self._write(user)
        return f"rename {old_path} to {module.path}"

    def _add_module(self) -> str:
        self._count += 1
        module = Module(self._random.randrange(APPS), "base", f"extra{self._count}", self._number())
        self.modules.append(module)
        path = self._write(module)
        user = self._some(("services", "views", "tasks"))
        user.uses.append((f"app{module.app}", module.name, self._random.choice(list(STYLES))))
        return f"add {path}, and use it in {self._write(user)}"

    def _delete_module(self) -> str:
        added = [one for one in self.modules if one.name.startswith("extra")]
        if not added:
            return self._add_module()
        module = self._random.choice(added)
        users = self._users(module.app, module.name)
        self.modules.remove(module)
        for user in users:
            # Those that can do without go on asking for it.
            user.uses = [
                use
                for use in user.uses
                if use[:2] != (f"app{module.app}", module.name) or use[2] in {"try", "find_spec"}
            ]
            self._write(user)
        self._remove(module.path)
        return f"delete {module.path}"

    def _toggle_package(self) -> str:
        module = self._some(("services", "tasks", "forms"))
        old = module.path
        module.is_package = not module.is_package
        self._remove(old)
        if not module.is_package:
            shutil.rmtree(self.folder / old.rpartition("/")[0])
        return f"move {old} to {self._write(module)}"

    def _hide(self) -> str:
        module = self._some(("services", "forms", "constants"))
        if module.is_package:
            return self._edit_hot()
        self._hidden = module.path.removesuffix(".py")
        text = module.text().replace(f"VALUE = {module.value}", f"VALUE = {self._number()}")
        self.write(f"{self._hidden}/__init__.py", text)
        return f"hide {module.path} behind {self._hidden}/"

    def _users(self, app: int, name: str) -> list[Module]:
        return [
            one
            for one in self.modules
            if any((package, used) == (f"app{app}", name) for package, used, _ in one.uses)
        ]

    def _remove(self, path: str) -> None:
        (self.folder / path).unlink()


_MANAGE = """
import os
import sys

from workshift.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
    execute_from_command_line(sys.argv)
"""
