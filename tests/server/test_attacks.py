"""What strangers try, all in one place where it has no other home. (Cross-site posts are in test_csrf, forged cookies in test_account.)"""

import json
import re
from collections.abc import Iterator

import anyio
import pytest
from fakes import picture
from fastapi import FastAPI
from fastapi.testclient import TestClient
from visits import ACCOUNT, SESSION, csrf, emptied, promote, sign_up, site

from skyform.server.guard import UPLOADS, BodyLimit
from skyform.server.uploads import display_id

CLASSIFY = "/api/v1/classify"
TRAVERSALS = [
    "..%2f..%2f..%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%2e%2e%2f%2e%2e%2fcredits.json",
    "%2fetc%2fpasswd",
    "a%00b",
    "%ff%fe",
    "x" * 3000,
    "' OR 1=1 --",
    "%F0%9F%8C%8C",
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    app = site(tmp_path_factory.mktemp("site"))
    with TestClient(app):
        yield app


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return emptied(TestClient(app, raise_server_exceptions=False, follow_redirects=False))


@pytest.fixture
def admin(visitor: TestClient) -> TestClient:
    sign_up(visitor)
    promote(visitor, "admin")
    return visitor


def code(response) -> str:
    return response.json()["error"]["code"]


@pytest.mark.parametrize("name", TRAVERSALS)
def test_ids_and_names_lead_nowhere(admin: TestClient, app: FastAPI, name: str) -> None:
    """As an administrator, whom nothing else keeps out."""
    headers = csrf(admin)
    tried = 0
    for path, methods in app.openapi()["paths"].items():
        if "{" not in path:
            continue
        address = re.sub(r"\{\w+\}", name, path)
        for method in methods:
            body = {} if method in ("put", "patch", "post") else None
            response = admin.request(method, address, json=body, headers=headers)
            assert response.status_code in (400, 404, 405, 422), (method, address, response.text)
            assert "root:" not in response.text
            tried += 1
    assert tried > 15
    for folder in ("/samples/", "/assets/", "/"):
        response = admin.get(folder + name)
        assert "root:" not in response.text
        assert response.status_code < 500


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/passwd.jpg",
        "..\\..\\boot.ini",
        "/etc/cron.d/x.png",
        "a\r\nSet-Cookie: x=y.png",
        'a"; filename="b.html',
        "<script>alert(1)</script>.png",
        "\u202egnp.exe",
        "",
        "." * 300,
    ],
)
def test_names_of_uploads_are_never_paths(name: str) -> None:
    shown = display_id(name)
    assert not set(shown) & set("/\\\r\n\0")
    assert 0 < len(shown) <= 80
    assert ".." not in shown


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
        b"<html><script>alert(1)</script></html>",
        b"GIF89a/*<script>*/=1",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"PK\x03\x04" + b"\0" * 40,
    ],
)
@pytest.mark.parametrize("path", [CLASSIFY, "/api/v1/preview"])
def test_what_is_no_picture_is_refused_whatever_it_calls_itself(
    visitor: TestClient, path: str, data: bytes
) -> None:
    for type in ("image/png", "image/svg+xml"):
        response = visitor.post(path, content=data, headers={"Content-Type": type})
        assert response.status_code in (413, 415, 422)
        assert "script" not in response.text
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_only_pictures_may_be_long(visitor: TestClient) -> None:
    large = b'{"email": "' + b"a" * 2**20 + b'"}'
    headers = {"Content-Type": "application/json", **csrf(visitor)}
    for body in (large, iter([large[:1000], large[1000:]])):
        response = visitor.post(SESSION, content=body, headers=headers)
        assert (response.status_code, code(response)) == (413, "upload-too-large")
        assert response.headers["Connection"] == "close"
    headers["Content-Type"] = "image/png"
    assert visitor.post(SESSION, content=large, headers=headers).status_code == 413


def test_where_pictures_are_sent_is_known_from_the_routes(app: FastAPI) -> None:
    described = {
        path
        for path, methods in app.openapi()["paths"].items()
        if "multipart/form-data"
        in methods.get("post", {}).get("requestBody", {}).get("content", {})
    }
    assert described == UPLOADS


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"email":' * 50_000,
        b'{"email": 1' + b"0" * 5000 + b"}",
        b'{"email": NaN, "password": Infinity}',
        b'\xff\xfe{"email"',
        b'"a string"',
        b"[]",
        b"null",
        b'{"email": {"$ne": ""}, "password": {"$ne": ""}}',
        b'{"email": "a@b.example", "password": "' + b"p" * 500_000 + b'"}',
        b'{"email": "a@b.example", "password": "\\ud800\\ud800\\ud800\\ud800\\ud800"}',
        b'{"email": "a@b.example", "password": "\\u0000"}',
        b'{"\\uDC00": 1}',
        b'{"email": "a@b.example", "password": "x", "__proto__": {}}',
    ],
)
def test_odd_json_is_an_error_of_the_sender(visitor: TestClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json", **csrf(visitor)}
    for path in (SESSION, ACCOUNT):
        response = visitor.post(path, content=body, headers=headers)
        assert response.status_code in (400, 422), response.text
        assert set(response.json()["error"]) == {"code", "message", "remedy", "request_id"}
        assert len(response.content) < 2000


@pytest.mark.parametrize("name", ["\x00", "a\nb", "a\x1b[31m", "\ud800", "\x9b31m", "n" * 81])
def test_names_of_people_hold_no_control_characters(admin: TestClient, name: str) -> None:
    headers = {"Content-Type": "application/json", **csrf(admin)}
    body = json.dumps({"name": name}).encode()
    for method, path in (("PATCH", ACCOUNT), ("POST", f"{ACCOUNT}/tokens")):
        response = admin.request(method, path, content=body, headers=headers)
        assert response.status_code in (400, 422)


@pytest.mark.parametrize(
    "name", ["Łucja Ørsted-Müller", "天野 翔", "O'Neill; DROP TABLE users", "🌌"]
)
def test_names_of_people_may_be_anything_else(admin: TestClient, name: str) -> None:
    assert admin.patch(ACCOUNT, json={"name": name}, headers=csrf(admin)).json()["name"] == name
    escaped = json.dumps({"name": name}).encode()
    headers = {"Content-Type": "application/json", **csrf(admin)}
    assert admin.patch(ACCOUNT, content=escaped, headers=headers).json()["name"] == name


@pytest.mark.parametrize("query", ["search=%00", "cursor=%00", "limit=0", "limit=1e9", "limit[]=1"])
def test_odd_queries_are_errors_of_the_sender(admin: TestClient, query: str) -> None:
    response = admin.get(f"/api/v1/admin/users?{query}")
    assert response.status_code in ((200,) if query == "limit[]=1" else (400, 422))


def test_no_answer_takes_a_header_from_a_request(visitor: TestClient) -> None:
    planted = "x%0d%0aSet-Cookie:%20skyform_session=planted"
    for path in (
        f"/api/v1/openid/begin?next=/{planted}",
        f"/samples/{planted}",
        f"/{planted}",
        f"/api/v1/guide/{planted}",
    ):
        response = visitor.get(path, headers={"X-Request-ID": "a\tb", "Host": "a.example"})
        assert "planted" not in str(response.headers)
        assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])


def test_methods_and_hosts_that_nobody_means(visitor: TestClient) -> None:
    for method in ("TRACE", "CONNECT", "PROPFIND", "FOO"):
        assert visitor.request(method, SESSION).status_code in (403, 404, 405)
    assert "Access-Control-Allow-Origin" not in visitor.options(SESSION).headers
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    assert "Access-Control-Allow-Origin" not in visitor.options(SESSION, headers=asked).headers
    assert "Access-Control-Allow-Origin" not in visitor.get(SESSION, headers=asked).headers


def test_a_small_body_that_dawdles_is_given_up() -> None:
    sent: list[dict] = []

    async def app(*_: object) -> None:
        raise AssertionError("the application is not asked")

    async def receive() -> dict:
        await anyio.sleep(0.03)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": SESSION,
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
    }
    anyio.run(BodyLimit(app, limit=1, shown=1, job=1, seconds=0.1), scope, receive, send)
    assert sent[0]["status"] == 408
    assert b"upload-timeout" in sent[1]["body"]


def test_who_goes_away_in_the_middle_changes_nothing() -> None:
    messages = [
        {"type": "http.request", "body": b'{"name": "x"}', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def app(*_: object) -> None:
        raise AssertionError("the application is not asked")

    async def receive() -> dict:
        return messages.pop(0)

    async def send(message: dict) -> None:
        raise AssertionError(message)

    scope = {
        "type": "http",
        "method": "PATCH",
        "path": ACCOUNT,
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
    }
    anyio.run(BodyLimit(app, limit=1, shown=1, job=1, seconds=1.0), scope, receive, send)


def test_errors_tell_nothing_of_the_inside(visitor: TestClient) -> None:
    for response in (
        visitor.get("/api/v1/results/" + "a" * 32),
        visitor.post(CLASSIFY, content=picture()[:50]),
        visitor.get("/nothing/here"),
    ):
        assert not re.search(r"Traceback|File \"|/src/|site-packages|sqlalchemy", response.text)


def test_what_the_pages_may_do(visitor: TestClient) -> None:
    for path in ("/", "/api/v1/session", "/nothing"):
        headers = visitor.get(path).headers
        policy = {
            name: sources
            for name, _, sources in (
                part.strip().partition(" ")
                for part in headers["Content-Security-Policy"].split(";")
            )
        }
        assert policy["default-src"] == "'self'"
        assert policy["object-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert set(policy) >= {"form-action", "img-src"}
        for sources in policy.values():
            assert not re.search(r"unsafe|http|\*", sources)
        assert "data:" not in policy.get("script-src", "")
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert "microphone=()" in headers["Permissions-Policy"]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (SESSION, "DELETE, GET, POST"),
        (ACCOUNT, "DELETE, PATCH, POST"),
        ("/api/v1/results/x", "DELETE, GET, PATCH"),
    ],
)
def test_a_wrong_method_is_told_all_that_work(visitor: TestClient, path: str, allowed: str) -> None:
    response = visitor.options(path)
    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
