import pytest
from django.core.mail import EmailMessage

from feedback.forms import FeedbackForm

LINE_BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028"]


def bound_form(email: str = "anna@example.com", message: str = "Hello") -> FeedbackForm:
    return FeedbackForm({"email": email, "message": message})


def test_takes_an_address_and_a_message() -> None:
    form = bound_form(message="One line\r\nand another")

    assert form.is_valid()
    assert form.cleaned_data == {
        "email": "anna@example.com",
        "message": "One line\r\nand another",
    }


@pytest.mark.parametrize("line_break", LINE_BREAKS)
@pytest.mark.parametrize(
    "address",
    ['"anna{}bcc"@example.com', "anna@example.com{}Bcc: eve@example.com", "anna{}@example.com"],
)
def test_refuses_an_address_with_a_line_break(address: str, line_break: str) -> None:
    form = bound_form(email=address.format(line_break))

    assert not form.is_valid()
    assert list(form.errors) == ["email"]


def test_an_accepted_address_can_always_be_mailed_to() -> None:
    for code in range(0x100):
        form = bound_form(email=f'"anna{chr(code)}smith"@example.com')
        if form.is_valid():
            mail = EmailMessage("Subject", "Body", "us@example.com", [form.cleaned_data["email"]])
            assert mail.message()["To"]


@pytest.mark.parametrize(
    ("email", "message", "wrong"),
    [
        ("", "Hello", ["email"]),
        ("anna", "Hello", ["email"]),
        # A domain that becomes too long when it is written in ASCII.
        (f"anna@{'é' * 60}.example", "Hello", ["email"]),
        ("anna@example.com", "", ["message"]),
        ("anna@example.com", " \n ", ["message"]),
        ("anna@example.com", "\x00", ["message"]),
        ("anna@example.com", "x" * 5_001, ["message"]),
        ("", "", ["email", "message"]),
    ],
)
def test_names_the_fields_that_are_wrong(email: str, message: str, wrong: list[str]) -> None:
    assert list(bound_form(email, message).errors) == wrong


def test_takes_a_message_of_5000_characters() -> None:
    assert bound_form(message="x" * 5_000).is_valid()


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("\x1b]0;title\x07Hello\x1b[31m", "]0;titleHello[31m"),
        ("Hel\x00lo\x7f\x9b31m\x08", "Hello31m"),
        # What a word processor and a PDF leave in a copied text.
        ("One\x0btwo\x0cthree\x85four\u2028five\u2029six", "One\ntwo\nthree\nfour\nfive\nsix"),
        ("photo\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe\N{LEFT-TO-RIGHT OVERRIDE}", "photogpj.exe"),
        # What a text in another script, or of several lines, needs.
        (
            "\N{RIGHT-TO-LEFT ISOLATE}שלום\N{POP DIRECTIONAL ISOLATE}\N{RIGHT-TO-LEFT MARK}",
            "\N{RIGHT-TO-LEFT ISOLATE}שלום\N{POP DIRECTIONAL ISOLATE}\N{RIGHT-TO-LEFT MARK}",
        ),
        ("One\r\n\ttwo\n\nthree", "One\r\n\ttwo\n\nthree"),
    ],
)
def test_leaves_out_of_a_message_what_nobody_sees(written: str, taken: str) -> None:
    form = bound_form(message=written)

    assert form.is_valid()
    assert form.cleaned_data["message"] == taken


def test_focuses_the_first_field_with_an_error() -> None:
    form = bound_form(message="")

    assert not form.is_valid()
    assert "autofocus" in str(form["message"])
    assert "autofocus" not in str(form["email"])


def test_ties_an_error_to_its_field() -> None:
    form = bound_form(email="anna")

    assert 'aria-invalid="true"' in str(form["email"])
    assert 'aria-describedby="id_email_helptext id_email_error"' in str(form["email"])
    assert 'id="id_email_error"' in str(form["email"].errors)
