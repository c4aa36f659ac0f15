"""The app's configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    """The demo app `feedback`."""

    name = "feedback"
    verbose_name = _("Feedback")
