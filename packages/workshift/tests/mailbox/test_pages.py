"""The development mailbox over HTTP, and the files behind it."""

import io
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from django.apps import apps
from django.core.mail import EmailMessage, EmailMultiAlternatives, mailers, send_mail
from django.core.mail.backends import console
from django.test import Client

from workshift.mailbox import mails

MAILBOX = "/dev/mailbox/"

BACKENDS = "django.core.mail.backends"


def send(subject: str, html: str | None = None, text: str = "Hello") -> str:
    """Send a mail and return its id."""
    send_mail(subject, text, None, ["anna@example.com"], html_message=html)
    return mails.newest_first()[0].id


def content(client: Client, address: str = MAILBOX) -> str:
    """Return the page at `address`."""
    return client.get(address).content.decode()


def test_is_not_there_without_debug(client: Client) -> None:
    assert client.get(MAILBOX).status_code == HTTPStatus.NOT_FOUND
    assert client.post(f"{MAILBOX}clear/").status_code == HTTPStatus.NOT_FOUND
    assert not apps.is_installed("workshift.mailbox")


def test_shows_the_newest_mail_first(client: Client, mailbox: Path) -> None:
    assert "0 e-mails" in content(client)

    for subject in ("First", "Второй", "Third"):
        send(subject)

    page = content(client)
    assert "3 e-mails" in page
    assert re.findall(r'<strong dir="auto">(.*)</strong>', page) == ["Third", "Второй", "First"]


def test_shows_headers_text_attachments_and_source(client: Client, mailbox: Path) -> None:
    mail = EmailMultiAlternatives(
        "Тема", "See https://example.com/a?b=c&d=e", to=["Анна <anna@example.com>"]
    )
    mail.attach_alternative("<p>Ж</p>", "text/html")
    mail.attach("report.bin", b"\0\1", "application/octet-stream")
    mail.send()

    page = content(client, f"{MAILBOX}{mails.newest_first()[0].id}/")

    assert '<dd dir="auto">Тема</dd>' in page
    assert '<dd dir="auto">Анна &lt;anna@example.com&gt;</dd>' in page
    assert '<a href="https://example.com/a?b=c&amp;d=e" rel="nofollow">' in page
    assert "report.bin" in page
    # How it is encoded is in the source, for those who look for it.
    assert re.findall(r"<dt>(.*)</dt>", page) == ["Subject", "From", "To", "Date", "Message-ID"]
    assert "Content-Type: multipart/mixed; boundary=&quot;" in page


def test_a_mail_without_subject_and_recipients_can_be_shown(client: Client, mailbox: Path) -> None:
    EmailMessage(bcc=["anna@example.com"]).send()

    assert "No subject" in content(client)
    assert "No subject" in content(client, f"{MAILBOX}{mails.newest_first()[0].id}/")


def test_prints_what_it_keeps_as_the_console_backend_does(
    mailbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # With both in its headers, a mail comes out the same each time.
    fixed = {"Message-ID": "<1@example.com>", "Date": "Mon, 23 Nov 2026 17:20:53 +0000"}
    mail = EmailMessage("Тема", "Привет", to=["anna@example.com"], headers=fixed)
    expected = io.StringIO()
    console.EmailBackend(stream=expected).send_messages([mail])

    mail.send()

    assert capsys.readouterr().out == expected.getvalue()
    assert (mails.find(mails.newest_first()[0].id).source.decode()) in expected.getvalue()


def test_the_mail_that_is_printed_has_the_id_of_the_one_that_is_kept(
    mailbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send("Once")

    message = mails.newest_first()[0].message
    assert f"Message-ID: {message['Message-ID']}\n" in capsys.readouterr().out


def test_an_encoding_that_the_console_cannot_print_does_no_harm(
    client: Client, mailbox: Path
) -> None:
    mail = EmailMessage("Latin", "é", to=["anna@example.com"])
    mail.encoding = "iso-8859-1"
    assert mailers.default.send_messages([mail]) == 1

    assert ">é\n</pre>" in content(client, f"{MAILBOX}{mails.newest_first()[0].id}/")


def test_the_html_is_served_for_the_sandbox_only(client: Client, mailbox: Path) -> None:
    html = "<script>document.title = 'Ж'</script>"
    mail_id = send("Hostile <script>", html, "<script>alert(1)</script>")

    answer = client.get(f"{MAILBOX}{mail_id}/html/")
    page = client.get(f"{MAILBOX}{mail_id}/")

    assert answer.content.decode().strip() == html
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["X-Content-Type-Options"] == "nosniff"
    policy = answer["Content-Security-Policy"].split("; ")
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert not any(rule.startswith("script-src") for rule in policy)
    assert "<script" not in page.content.decode()
    assert "unsafe" not in page["Content-Security-Policy"]


def test_clearing_takes_a_post_from_this_site(mailbox: Path) -> None:
    send("Kept")
    client = Client(enforce_csrf_checks=True)

    assert client.get(f"{MAILBOX}clear/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.post(f"{MAILBOX}clear/").status_code == HTTPStatus.FORBIDDEN
    assert len(mails.newest_first()) == 1

    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', content(client))
    assert token
    answer = client.post(f"{MAILBOX}clear/", {"csrfmiddlewaretoken": token[1]})

    assert answer["Location"] == MAILBOX
    assert mails.newest_first() == []
    assert list(mailbox.iterdir()) == []


def test_no_id_leads_out_of_the_mailbox(client: Client, mailbox: Path) -> None:
    mail_id = send("Inside", "<p>Inside</p>")
    secret = mailbox.parent / f"{mail_id}.eml"
    secret.write_text("Subject: Secret\n\n")
    (mailbox / "other.eml").write_text("Subject: Secret\n\n")

    for odd in (
        f"../{mail_id}",
        f"..%2F{mail_id}",
        f"%2e%2e/{mail_id}",
        f"..\\{mail_id}",
        f"{mail_id}%00",
        f"{mail_id}%0A",
        f"{mail_id}.eml",
        str(secret.with_suffix("")),
        "other",
        "a" * 5000,
        "٣" * 19 + "-00000000",
        "0" * 19 + "-00000000",
    ):
        for address in (f"{MAILBOX}{odd}/", f"{MAILBOX}{odd}/html/"):
            assert client.get(address).status_code == HTTPStatus.NOT_FOUND, address
        with pytest.raises(KeyError):
            mails.find(odd)


def test_only_the_newest_are_kept(mailbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "LIMIT", 3)
    mailbox.mkdir()
    # What a process leaves that is killed while it writes.
    (mailbox / "1000000000000000000-00000000.part").write_text("Subject: Ha")
    assert mails.newest_first() == []

    for number in range(5):
        send(str(number))

    assert [mail.message["Subject"] for mail in mails.newest_first()] == ["4", "3", "2"]
    assert len(list(mailbox.iterdir())) == 3


def test_a_mail_that_cannot_be_kept_is_not_sent(
    mailbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mailbox.write_text("A file where the folder should be.")

    with pytest.raises(FileExistsError):
        send_mail("Lost", "Hello", None, ["anna@example.com"])

    assert capsys.readouterr().out == ""
