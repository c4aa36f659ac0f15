"""Requests that no browser sends: the form and the status address as an attacker would try them."""

import random
import uuid
from urllib.parse import quote_from_bytes

TOKEN = b"t" * 32

# What the server is to answer to a little of everything else.
OTHER_PATHS = [b"/i18n/setlang/", b"/admin/", b"/admin/login/", b"/favicon.ico", b"/static/", b"*"]

METHODS = [
    *[b"GET", b"POST"] * 8,
    *[b"HEAD", b"PUT", b"DELETE", b"PATCH", b"OPTIONS", b"TRACE", b"CONNECT", b"PROPFIND"],
    *[b"get", b"X" * 300, b"NO-SUCH", b"P\xc3\x96ST"],
]

TEXTS = [
    *[b"Hello", b"", b" ", b"\x00", b"Hello\x00there", b"a" * 5_001, b"a" * 200_000],
    *["Привет".encode(), "Привет".encode("cp1251"), "\N{PILE OF POO}".encode(), b"\xff\xfe\x00"],
    *[b"\xed\xa0\x80", b"\\ud800", b"+AGE-", "\u202eevil".encode(), b"\x1b[31m", b"\x85\x0b\x0c"],
    *[b"Hi\r\nBcc: eve@example.com", b"Hi\nSubject: evil\n\nbody", b"{% now %}{{ x }}", b"%s%n"],
    *[
        b"<script>alert(1)</script>",
        b"' OR 1=1 --",
        b"%00%0d%0a",
        b"..\\..\\",
        b"=cmd|' /C calc'!A0",
    ],
]

ADDRESSES = [
    *[b"anna@example.com"] * 6,
    *[b"anna", b"@", b"a@b", b"anna@example.com\r\nBcc: eve@example.com", b"anna@\x00example.com"],
    *[b'"a\nb"@example.com', b'"a\x0bb"@example.com', b"anna@" + b"x" * 300 + b".com"],
    *["анна@пример.рф".encode(), "anna@é.example".encode(), b"a" * 250 + b"@example.com"],
    *[b"anna@example.com,eve@example.com", b"Anna <anna@example.com>", b"anna@[127.0.0.1]"],
    *[b"anna@xn--0.example", b"\xff@example.com", b"anna@" + b"a." * 120 + b"example"],
]

CHARSETS = [
    *[b"utf-8", b"utf-7", b"utf-16", b"latin-1", b"rot13", b"hex", b"zlib", b"idna", b"punycode"],
    *[b"raw_unicode_escape", b"unicode_escape", b"undefined", b"no-such", b'"', b"utf-8''x"],
]

HEADERS = [
    *[b"Accept-Language: " + value for value in (b"ru", b"x" * 3_000, b"*;q=nan", b"\xff,\x01")],
    *[b"Cookie: " + value for value in (b"django_language=../ru", b"=;=;\xff", b"sessionid=\x01")],
    *[b"Host: " + value for value in (b"evil.example", b"", b"[::1", b"127.0.0.1:99999", b"a b")],
    *[b"X-Forwarded-For: \xff, ,", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: evil"],
    *[b"If-Modified-Since: yesterday", b"If-None-Match: \xff", b"Range: bytes=9-1", b"Expect: x"],
    *[b"Transfer-Encoding: chunked", b"Content-Encoding: gzip", b"Upgrade: websocket", b"No colon"],
    *[b"Referer: \xff", b"Origin: null", b"X-Long: " + b"x" * 60_000, b"X-HTTP-Method-Override: X"],
    *[b"Content-Length: " + value for value in (b"-1", b"many", b"9" * 30, b"0", b"1e3")],
]


def odd_request(chance: random.Random, known_id: str) -> bytes:
    """Return a whole HTTP/1.1 request; `known_id` is that of a message which is there."""
    method = chance.choice(METHODS)
    path = _path(chance, known_id)
    kind, body = (
        _body(chance) if method not in {b"GET", b"HEAD"} or chance.random() < 0.1 else (b"", b"")
    )
    headers = [
        *[b"Host: 127.0.0.1", b"Connection: close", b"Cookie: csrftoken=" + TOKEN],
        b"Content-Length: %d" % len(body),
    ]
    if kind:
        headers.append(b"Content-Type: " + kind)
    if chance.random() < 0.4:
        odd = chance.choice(HEADERS)
        name = odd.partition(b":")[0]
        if name == b"Content-Length":
            # Read together with the headers: a server that closes a connection with something
            # unread in it takes its answer back.
            body = body[:1_000]
        headers = [line for line in headers if line.partition(b":")[0] != name] + [odd]
    return b"\r\n".join([method + b" " + path + b" HTTP/1.1", *headers, b"", body])


def _path(chance: random.Random, known_id: str) -> bytes:
    where = chance.random()
    if where < 0.45:
        path = b"/"
    elif where < 0.92:
        path = b"/success/" + _id(chance, known_id) + chance.choice([b"/", b"/state/", b"", b"/x"])
    else:
        path = chance.choice(OTHER_PATHS)
    if chance.random() < 0.2:
        query = chance.choice([_noise(chance, 20), b"%ff=%00&=&&", b"page=-1", b"x" * 4_000])
        path += b"?" + query
    return path


def _id(chance: random.Random, known_id: str) -> bytes:
    text = chance.choice([known_id, known_id, str(uuid.UUID(int=chance.getrandbits(128)))])
    return chance.choice(
        [
            text.encode(),
            text.encode(),
            text.encode(),
            text.upper().encode(),
            text.replace("-", "").encode(),
            text[:-1].encode() + _noise(chance, 1),
            b"{" + text.encode() + b"}",
            _noise(chance, 36),
            chance.randbytes(12).translate(None, b" \r\n\t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0"),
            *[
                b"0",
                b"-1",
                b"%00",
                b"..%2f..%2f",
                b"..",
                b"%",
                b"%zz",
                b"x" * 9_000,
                b"\xd9\xa1" * 36,
            ],
        ]
    )


def _noise(chance: random.Random, length: int) -> bytes:
    return quote_from_bytes(chance.randbytes(length)).encode()


def _body(chance: random.Random) -> tuple[bytes, bytes]:
    fields = [
        (b"csrfmiddlewaretoken", TOKEN if chance.random() < 0.95 else chance.choice(TEXTS)),
        (b"email", chance.choice(ADDRESSES)),
        (b"message", chance.choice(TEXTS)),
    ]
    if chance.random() < 0.3:
        fields.append(
            (
                chance.choice([b"website", b"email", b"language", b"next", b"\xff", b"a[0]", b""]),
                chance.choice(TEXTS),
            )
        )
    if chance.random() < 0.01:
        fields += [(b"x", b"")] * 1_500
    if chance.random() < 0.01:
        fields.append((b"x", b"x" * 3_000_000))
    charset = b"; charset=" + chance.choice(CHARSETS) if chance.random() < 0.4 else b""
    match chance.randrange(10):
        case 0 | 1 | 2 | 3:
            pairs = [
                quote_from_bytes(n).encode() + b"=" + quote_from_bytes(v).encode()
                for n, v in fields
            ]
            return b"application/x-www-form-urlencoded" + charset, b"&".join(pairs)
        case 4 | 5 | 6 | 7:
            return _multipart(chance, fields, charset)
        case 8:
            return b"application/json" + charset, b'{"email": "anna@example.com"'
        case _:
            kinds = [
                b"",
                b";",
                b"x/" + b"y" * 20_000,
                b"multipart/form-data",
                b"\xff\x00",
                b"text/plain; charset",
            ]
            return chance.choice(kinds), chance.randbytes(200)


def _multipart(
    chance: random.Random, fields: list[tuple[bytes, bytes]], charset: bytes
) -> tuple[bytes, bytes]:
    boundary = chance.choice([*[b"BOUNDARY"] * 6, b'"B"', b"B" * 300, b"\xff", b"", b"a b"])
    mark = boundary.strip(b'"')
    parts = []
    for name, value in fields:
        disposition = b'Content-Disposition: form-data; name="' + name + b'"'
        if chance.random() < 0.1:
            disposition += chance.choice(
                [
                    b'; filename="x.txt"',
                    b"; filename*=rot13''x",
                    b"; filename=\xff\x00",
                    b"; name*=x''y",
                ]
            )
        extra = b""
        if chance.random() < 0.1:
            extra = chance.choice(
                [
                    b"\r\nContent-Transfer-Encoding: base64",
                    b"\r\nContent-Type: text/plain; charset=rot13",
                    b"\r\nX: " + b"x" * 2_000,
                ]
            )
        parts.append(b"--" + mark + b"\r\n" + disposition + extra + b"\r\n\r\n" + value + b"\r\n")
    body = b"".join(parts) + b"--" + mark + chance.choice([b"--\r\n", b"--\r\n", b"", b"\r\n"])
    return b"multipart/form-data; boundary=" + boundary + charset, body
