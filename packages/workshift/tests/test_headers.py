"""What is left of the headers that Django cannot read."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from workshift.headers import (
    simple_length,
    simple_type,
    simplify_for_asgi,
    simplify_for_wsgi,
)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("text/html", "text/html"),
        ("application/x-www-form-urlencoded; charset=rot13", "application/x-www-form-urlencoded"),
        ("multipart/form-data; boundary=abc", 'multipart/form-data; boundary="abc"'),
        ("multipart/form-data;boundary=a; charset=x", 'multipart/form-data; boundary="a"'),
        ('multipart/form-data; charset=x; Boundary="a b"', 'multipart/form-data; boundary="a b"'),
        ("multipart/form-data; charset*=rot13''x", "multipart/form-data"),
        ("multipart/form-data; boundary=\xff", "multipart/form-data"),
        ("x/" + "y" * 20_000, "x/" + "y" * 253),
        ("", ""),
    ],
)
def test_keeps_the_type_and_the_boundary(given: str, left: str) -> None:
    assert simple_type(given) == left


def test_keeps_every_boundary_that_a_browser_makes() -> None:
    boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    given = f"multipart/form-data; boundary={boundary}"

    assert simple_type(given) == f'multipart/form-data; boundary="{boundary}"'


@pytest.mark.parametrize(
    ("given", "left"),
    [("0", "0"), ("1234", "1234"), ("", "0"), ("-1", "0"), ("1e3", "0"), ("9" * 19, "0")],
)
def test_keeps_a_length_that_is_one(given: str, left: str) -> None:
    assert simple_length(given) == left


def test_a_wsgi_application_sees_the_simple_headers() -> None:
    seen: dict[str, Any] = {}

    def application(environ: dict[str, Any], start_response: object) -> list[bytes]:
        seen.update(environ)
        return []

    simplify_for_wsgi(application)({"CONTENT_TYPE": "a/b; charset=hex", "PATH_INFO": "/"}, None)

    assert seen == {"CONTENT_TYPE": "a/b", "PATH_INFO": "/"}


def test_an_asgi_application_sees_the_simple_headers() -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def application(scope: dict[str, Any], receive: object, send: object) -> None:
        seen.extend(scope["headers"])

    headers = [(b"content-type", b"a/b; charset=hex"), (b"content-length", b"-1"), (b"x", b"\xff")]
    simplified = simplify_for_asgi(application)
    async_to_sync(simplified)({"type": "http", "headers": headers}, None, None)

    assert seen == [(b"content-type", b"a/b"), (b"content-length", b"0"), (b"x", b"\xff")]
