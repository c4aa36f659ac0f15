"""Writes apps as a large project has them: a few hundred lines each, which import each other."""

from pathlib import Path

# Apps of this kind, of which one in so many has signals that send tasks, so that Django's setup
# imports those tasks.
SIGNALS_SEND_TASKS = 10

# How many apps import the models of the first one.
IMPORTERS = 10

_STATES = ("draft", "open", "paid", "sent", "closed")

_CONSTANTS = '''
"""Names and limits of {app}."""

{earlier_constants}
LIMIT = {number} + 100
NAMES = {{{names}}}
LABELS = {{key: value.title() for key, value in NAMES.items()}}
'''

_APPS = '''
"""The configuration of {app}."""

from django.apps import AppConfig


class {name}Config(AppConfig):
    """The app {app}."""

    name = "{app}"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        """Connect the signals."""
        from {app} import signals

        self.signals = signals
'''

_MODELS = '''
"""What {app} stores."""

from django.conf import settings
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

{imports}from {app} import constants

'''

_ADMINS = '''
"""The admin of {app}."""

from django.contrib import admin

from {app} import models

'''

_SERVICES = '''
"""What {app} does."""

from dataclasses import dataclass

from django.db.models import Sum

{imports}from {app} import constants, models

'''

_TASKS = '''
"""What the worker does for {app}."""

import logging

from celery import shared_task
from django.utils import timezone

{imports}from {app} import constants, models, services

logger = logging.getLogger(__name__)

'''

_FORMS = '''
"""The forms of {app}."""

from django import forms
from django.utils.translation import gettext as _

from {app} import constants, models

'''

_VIEWS = '''
"""The pages of {app}."""

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.generic import ListView, UpdateView

{imports}from {app} import constants, forms, models, services, tasks

'''

_URLCONF = '''
"""The addresses of {app}."""

from django.urls import path

from {app} import views

app_name = "{app}"

urlpatterns = [
{patterns}]
'''

_MODEL = '''
class {name}(models.Model):
    """One {name} of {app}."""

    class State(models.TextChoices):
        """How far it is."""

{states}
    owner = models.ForeignKey({owner}, models.CASCADE, related_name="+")
    {parent}
    title = models.CharField(max_length=constants.LIMIT, help_text=_("What it is called."))
    text = models.TextField(blank=True, validators=[MinLengthValidator(2)])
    state = models.CharField(max_length=20, choices=State.choices, default=State.DRAFT)
    amount = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    changed_at = models.DateTimeField(auto_now=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-created_at",)
        indexes = [models.Index(fields=["state", "created_at"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(count__gte=0), name="{lower}_count")
        ]

    def __str__(self):
        """Return the title."""
        return self.title

    @property
    def is_open(self):
        """Whether anything is left to do."""
        return self.state in {{self.State.OPEN, self.State.PAID}}

    def close(self):
        """Be done with it."""
        self.state = self.State.CLOSED
        self.save(update_fields=["state", "changed_at"])

    def total(self):
        """Return the amount of this one and of those below."""
        return self.amount + sum(one.amount for one in type(self).objects.filter(pk=self.pk))

'''

_ADMIN = '''
@admin.register(models.{name})
class {name}Admin(admin.ModelAdmin):
    """Lists them."""

    list_display = ("title", "state", "owner", "amount", "created_at")
    list_filter = ("state", "created_at")
    search_fields = ("title", "text")
    readonly_fields = ("created_at", "changed_at")
    actions = ("close",)

    @admin.action(description="Close the selected ones")
    def close(self, request, queryset):
        """Close what is selected."""
        for one in queryset:
            one.close()

'''

_SERVICE = '''
@dataclass
class {name}Summary:
    """What is said of one."""

    title: str
    state: str
    limit: int = constants.LIMIT


def summary_of_{lower}(one):
    """Return what is said of it."""
    return {name}Summary(one.title, constants.LABELS.get(one.state, one.state))


def open_{lower}s(limit=constants.LIMIT):
    """Return those with which something is left to do."""
    states = [models.{name}.State.OPEN, models.{name}.State.PAID]
    return models.{name}.objects.filter(state__in=states)[:limit]


def total_of_{lower}s():
    """Return what all of them amount to."""
    found = models.{name}.objects.aggregate(total=Sum("amount"))
    return found["total"] or 0

'''

_TASK = '''
@shared_task(name="{app}.{lower}", bind=True, max_retries=3, acks_late=True)
def {lower}(self, number):
    """Work through one."""
    one = models.{name}.objects.filter(pk=number).first()
    if one is None:
        logger.info("There is no %s %s", "{lower}", number)
        return None
    summary = services.summary_of_{lower}(one)
    if one.is_open:
        one.close()
    return {{"title": summary.title, "limit": constants.LIMIT, "at": str(timezone.now())}}

'''

_FORM = '''
class {name}Form(forms.ModelForm):
    """Edits one."""

    confirm = forms.BooleanField(required=False, label=_("Yes, I am sure."))

    class Meta:
        model = models.{name}
        fields = ("title", "text", "state", "amount", "count")

    def clean_title(self):
        """Refuse what is too long."""
        title = self.cleaned_data["title"]
        if len(title) > constants.LIMIT:
            raise forms.ValidationError(_("That is too long."))
        return title

'''

_VIEW = '''
class {name}List(ListView):
    """Lists them."""

    model = models.{name}
    paginate_by = 50

    def get_context_data(self, **context):
        """Add what they amount to."""
        total = services.total_of_{lower}s()
        return super().get_context_data(total=total, labels=constants.LABELS, **context)


class {name}Edit(UpdateView):
    """Edits one, and sends its task."""

    model = models.{name}
    form_class = forms.{name}Form

    def form_valid(self, form):
        """Save it, and have it worked through."""
        answer = super().form_valid(form)
        tasks.{lower}.delay(self.object.pk)
        return answer


def {lower}_state(request, pk):
    """Say how far one is."""
    one = get_object_or_404(models.{name}, pk=pk)
    return JsonResponse({{"state": one.state, "label": constants.LABELS.get(one.state)}})

'''

_URLS = """    path("{lower}/", views.{name}List.as_view(), name="{lower}-list"),
    path("{lower}/<int:pk>/", views.{name}Edit.as_view(), name="{lower}-edit"),
    path("{lower}/<int:pk>/state/", views.{lower}_state, name="{lower}-state"),
"""


def names(count: int) -> list[str]:
    """Return what so many apps are called."""
    return [f"app_{number:03}" for number in range(count)]


def write(folder: Path, count: int) -> None:
    """Write `count` apps into `folder`, each a package."""
    for number, app in enumerate(names(count)):
        (folder / app).mkdir()
        for name, text in _modules(number, app).items():
            (folder / app / f"{name}.py").write_text(text.lstrip("\n"))


def _modules(number: int, app: str) -> dict[str, str]:
    kinds = [f"Order{number}", f"Item{number}", f"Note{number}"]
    # Each app uses some that come before it; the first one is used by the ten that follow.
    before = [f"app_{one:03}" for one in sorted({number - 1, number - 7}) if one >= 0]
    base = "app_000" if 0 < number <= IMPORTERS else before[-1] if before else None
    used = sorted({*before, *([base] if base else [])})

    def imports(module: str) -> str:
        return "".join(f"from {one} import {module} as {one}_{module}\n" for one in used)

    def each(template: str) -> str:
        return "\n".join(
            template.format(
                app=app,
                name=kind,
                lower=kind.lower(),
                owner="settings.AUTH_USER_MODEL",
                parent=_parent(kinds, index, base),
                states="".join(
                    f'        {state.upper()} = "{state}", _("{state.title()}")\n'
                    for state in _STATES
                ),
            )
            for index, kind in enumerate(kinds)
        )

    return {
        "__init__": f'"""The app {app}."""\n',
        "apps": _APPS.format(app=app, name=app.title().replace("_", "")),
        "constants": _CONSTANTS.format(
            app=app,
            number=number,
            earlier_constants="".join(
                f"from {one}.constants import NAMES as OF_{one.upper()}\n" for one in used
            ),
            names=", ".join(f'"{app}-{state}": "{state}"' for state in _STATES),
        ),
        "models": _MODELS.format(app=app, imports=imports("models")) + each(_MODEL),
        "admin": _ADMINS.format(app=app) + each(_ADMIN),
        "services": _SERVICES.format(app=app, imports=imports("services")) + each(_SERVICE),
        "tasks": _TASKS.format(app=app, imports=imports("services")) + each(_TASK),
        "signals": _signals(number, app, kinds),
        "forms": _FORMS.format(app=app) + each(_FORM),
        "views": _VIEWS.format(app=app, imports=imports("services")) + each(_VIEW),
        "urls": _URLCONF.format(app=app, patterns=each(_URLS)),
    }


def _parent(kinds: list[str], index: int, base: str | None) -> str:
    if index:
        return f'parent = models.ForeignKey({kinds[index - 1]}, models.CASCADE, related_name="+")'
    if base:
        other = f"Order{int(base.rpartition('_')[2])}"
        return (
            f'parent = models.ForeignKey({base}_models.{other}, models.CASCADE, related_name="+")'
        )
    return 'parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="+")'


def _signals(number: int, app: str, kinds: list[str]) -> str:
    sends = number % SIGNALS_SEND_TASKS == SIGNALS_SEND_TASKS - 1
    head = f'"""What happens when something of {app} is saved."""\n\n'
    head += (
        "from django.db.models.signals import post_save\nfrom django.dispatch import receiver\n\n"
    )
    head += f"from {app} import constants, models{', tasks' if sends else ''}\n"
    body = "tasks.{lower}.delay(instance.pk)" if sends else "instance.limit = constants.LIMIT"
    return head + "".join(
        f"\n\n@receiver(post_save, sender=models.{kind})\n"
        f"def {kind.lower()}_saved(instance, **_):\n"
        f'    """Do what follows."""\n    {body.format(lower=kind.lower())}\n'
        for kind in kinds
    )
