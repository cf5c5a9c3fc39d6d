from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from fakes import FakeClassifier, Serve, picture
from fastapi.testclient import TestClient

from skyform.server import Settings, create_app

CLASSIFY = "/api/v1/classify"
LIMIT = 10_000


def test_every_response_has_the_headers(client: TestClient) -> None:
    for path in (
        "/",
        "/page/app.js",
        "/healthz",
        "/api/v1/models",
        "/nothing",
        "/samples/edge.jpg",
    ):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert len(headers["X-Request-ID"]) == 32
    assert client.get("/healthz").headers["Cache-Control"] == "no-cache"
    assert client.get("/api/v1/models").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("id", ["abc-1.2_3", "A" * 64])
def test_a_request_may_bring_its_id(client: TestClient, id: str) -> None:
    assert client.get("/healthz", headers={"X-Request-ID": id}).headers["X-Request-ID"] == id


@pytest.mark.parametrize("id", ["", "a b", "<script>", "A" * 65])
def test_an_unsafe_id_is_replaced(client: TestClient, id: str) -> None:
    given = client.get("/healthz", headers={"X-Request-ID": id}).headers["X-Request-ID"]
    assert given != id
    assert len(given) == 32


def test_an_announced_length_over_the_limit_is_refused_unread(serve: Serve) -> None:
    fake = FakeClassifier()
    client = serve(fake, max_upload_bytes=LIMIT)
    response = client.post(CLASSIFY, content=b"x" * (LIMIT + 70_000))
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "upload-too-large"
    assert response.headers["Connection"] == "close"
    assert fake.calls == []


@pytest.mark.parametrize("extra", [1, 200])
def test_a_file_just_over_the_limit_is_refused(serve: Serve, extra: int) -> None:
    client = serve(max_upload_bytes=LIMIT)
    data = b"x" * (LIMIT + extra)
    for response in (
        client.post(CLASSIFY, content=data),
        client.post(CLASSIFY, files={"file": ("a.jpg", data)}),
    ):
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "upload-too-large"
        assert "MiB" in response.json()["error"]["message"]


def test_a_file_at_the_limit_is_read(serve: Serve) -> None:
    data = picture("BMP")
    client = serve(max_upload_bytes=len(data))
    assert client.post(CLASSIFY, content=data).status_code == 200
    assert client.post(CLASSIFY, files={"file": ("a.bmp", data)}).status_code == 200


@pytest.mark.parametrize("form", [False, True])
def test_an_endless_body_is_cut_off(form: bool) -> None:
    """Ten gigabytes without a Content-Length: no more is taken than the limit and one chunk."""
    taken = 0
    chunk = b"x" * 65_536

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        while True:
            yield chunk

    chunks = body()

    async def receive() -> dict:
        nonlocal taken
        part = next(chunks)
        taken += len(part)
        return {"type": "http.request", "body": part, "more_body": True}

    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    type = b"multipart/form-data; boundary=b" if form else b"image/jpeg"
    scope = {
        "type": "http",
        "method": "POST",
        "path": CLASSIFY,
        "raw_path": CLASSIFY.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", type), (b"transfer-encoding", b"chunked")],
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "http_version": "1.1",
    }
    app = create_app(Settings(max_upload_bytes=1_000_000), classifier=FakeClassifier())
    anyio.run(app, scope, receive, send)
    assert sent[0]["status"] == 413
    assert b"upload-too-large" in sent[1]["body"]
    assert taken <= 1_000_000 + 64 * 1024 + len(chunk) + 100


def test_a_visitor_who_leaves_in_the_middle_of_an_upload_is_no_error(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    app = serve().app
    coming = [{"type": "http.request", "body": b"half a picture", "more_body": True}]
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return coming.pop() if coming else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": CLASSIFY,
        "raw_path": CLASSIFY.encode(),
        "query_string": b"",
        "headers": [(b"content-type", b"image/png")],
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    anyio.run(app, scope, receive, send)
    assert said == []
    assert not [r for r in caplog.records if r.name == "skyform.server"]
