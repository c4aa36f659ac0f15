"""The form for visitors."""

import re
from typing import Any, override

from django import forms
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.utils.translation import gettext_lazy as _


def validate_mailable(address: str) -> None:
    """Raise ValidationError if no e-mail can be addressed to `address`.

    Django's own check accepts some addresses for which creating the e-mail always fails:
    "a\\x0bb"@example.com with its hidden line break, or a domain that is too long.
    """
    try:
        EmailMessage(to=[address]).message()
        mailable = address.isprintable()
    except ValueError:
        mailable = False
    if not mailable:
        raise ValidationError(_("No e-mail can be sent to this address."))


class MessageField(forms.CharField):
    """A text field that removes invisible characters, which often come with pasted text.

    So no message is refused because of a character that its author cannot see.
    """

    # Line breaks of other kinds: a word processor's within a paragraph, a page's end.
    LINE_BREAKS = re.compile("[\v\f\x85\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}]")

    # Control characters except tab and line breaks, and the two that reverse the order of letters.
    # Other direction marks stay: text in Arabic or Hebrew needs them.
    UNSEEN = re.compile(
        "[\x00-\x08\x0e-\x1f\x7f-\x9f\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}]"
    )

    @override
    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = self.UNSEEN.sub("", self.LINE_BREAKS.sub("\n", value))
        return super().to_python(value)


class FeedbackForm(forms.Form):
    """An e-mail address that is safe in a header, and a message of limited length."""

    # Not a form field: people never see it (the style sheet hides it), but bots fill it in.
    HONEYPOT = "website"

    email = forms.EmailField(
        label=_("E-mail"),
        label_suffix="",
        # The length of the column.
        max_length=254,
        help_text=_("We send your message back to this address."),
        validators=[validate_mailable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address such as anna@example.com."),
            "max_length": _("No e-mail can be sent to this address."),
        },
    )
    message = MessageField(
        label=_("Message"),
        label_suffix="",
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={
            "required": _("Write a message."),
            "max_length": _("Write at most %(limit_value)d characters: you wrote %(show_value)d."),
        },
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a form that a bot filled in; a person whose browser did so can send it again."""
        if self.data.get(self.HONEYPOT):
            raise ValidationError(
                _(
                    "A hidden field was filled in, so nothing was sent. "
                    "What you wrote is still here: please send it again."
                )
            )
        return self.cleaned_data

    def full_clean(self) -> None:
        """Validate as Django does, and make the browser focus the first field with an error."""
        super().full_clean()
        first = next((name for name in self.errors if name in self.fields), None)
        if first:
            self.fields[first].widget.attrs["autofocus"] = True
