"""The admin pages: every message and its state, and an action to send failed ones again."""

from typing import ClassVar, override

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from workshift.durable.admin import ManyRows
from workshift.durable.queryset import DurableQuerySet

from feedback.models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(ManyRows, admin.ModelAdmin):  # type: ignore[type-arg]  # Not generic at run time.
    """Shows messages, read-only: only the moves of a durable task may change its state."""

    class Media:
        """The style sheet."""

        css: ClassVar = {"all": ["feedback/admin.css"]}

    list_display = ("created_at", "email", "status", "attempts", "error", "due_at", "finished_at")
    # These have an index, so that the list opens as fast when there are a million messages.
    list_filter = ("status", "created_at")
    search_fields = ("=email", "id__exact")
    search_help_text = _("The whole e-mail address, or the id.")
    ordering = ("-created_at",)
    sortable_by = ("created_at",)
    actions = ("send_again",)
    fields = (
        *("id", "email", "message", "language", "status", "attempts", "last_error", "task_id"),
        *("created_at", "due_at", "updated_at", "finished_at"),
    )

    @admin.display(description=_("last error"))
    def error(self, feedback: Feedback) -> str:
        """Return the last error, shortened to fit into the list."""
        return Truncator(feedback.last_error).chars(80)

    @admin.action(description=_("Send failed messages again"), permissions=["send_again"])
    def send_again(self, request: HttpRequest, queryset: DurableQuerySet[Feedback]) -> None:
        """Give the failed ones among the selected messages all their attempts again."""
        count = queryset.try_again()
        sentence = ngettext(
            "%(count)d failed message will be sent again.",
            "%(count)d failed messages will be sent again.",
            count,
        )
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, sentence % {"count": count}, level)

    def has_send_again_permission(self, request: HttpRequest) -> bool:
        """Anyone with permission to change messages may send them again."""
        return super().has_change_permission(request)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may: messages come from the form."""
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        """Nobody may: see above."""
        return False
