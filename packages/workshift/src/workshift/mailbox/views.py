"""The pages of the development mailbox."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from . import mails

# Untrusted HTML may have any style but do nothing: no scripts, no forms, no requests, and no access
# to this site, because the sandbox gives it its own origin. It is set as a header, which Django's
# own middleware (new in Django 6.0) does not override.
HTML_POLICY = "; ".join(
    (
        "sandbox",
        "default-src 'none'",
        "img-src data:",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)


@require_safe
@never_cache
def show_all(request: HttpRequest) -> HttpResponse:
    """List the mails, newest first."""
    return render(request, "mailbox/all.html", {"mails": mails.newest_first()})


@require_safe
def show_mail(request: HttpRequest, mail_id: str) -> HttpResponse:
    """Show one mail: headers, text, HTML, attachments and source."""
    mail = _find(mail_id)
    source = mail.source.decode(errors="replace")
    return render(request, "mailbox/mail.html", {"mail": mail, "source": source})


@require_safe
@xframe_options_sameorigin
def show_html(_request: HttpRequest, mail_id: str) -> HttpResponse:
    """Show a mail's HTML as a separate page, restricted by `HTML_POLICY`."""
    answer = HttpResponse(_find(mail_id).html)
    answer["Content-Security-Policy"] = HTML_POLICY
    return answer


@require_POST
def clear(_request: HttpRequest) -> HttpResponse:
    """Delete every mail and show the empty list."""
    mails.clear()
    return redirect("mailbox:all")


def _find(mail_id: str) -> mails.Mail:
    try:
        return mails.find(mail_id)
    except KeyError:
        raise Http404(
            _("This e-mail is not in the mailbox: it was deleted or never existed.")
        ) from None
