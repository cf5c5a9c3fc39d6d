"""The one error shape, on every route and for every cause."""

from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import pytest
from fakes import FakeClassifier, Serve, picture
from fastapi.testclient import TestClient
from httpx import Response
from made_up_store import empty_database, postgres_server
from sqlalchemy import delete
from visits import csrf, site, store_of

from skyform import errors
from skyform.schema import Failure
from skyform.server.problems import RequestError, status_of
from skyform.store import SessionRow

CLASSIFY = "/api/v1/classify"


def problem(response: Response, status: int, code: str) -> dict[str, str]:
    """The error, after a check of its shape."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert set(response.json()) == {"error"}
    error = response.json()["error"]
    assert set(error) == {"code", "message", "remedy", "request_id"}
    assert error["code"] == code
    assert error["message"]
    assert error["remedy"]
    assert error["request_id"] == response.headers["X-Request-ID"]
    return error


def test_every_route_answers_a_wrong_method_in_the_one_shape(client: TestClient) -> None:
    declared = client.get("/api/v1/openapi.json").json()["paths"]
    assert {CLASSIFY, "/api/v1/models", "/api/v1/samples", "/healthz"} <= set(declared)
    others = ("/", "/favicon.ico", "/api/v1/openapi.json", "/samples/spiral.jpg")
    for path in [*declared, *others]:
        known = declared.get(path, {})
        method = next(m for m in ("DELETE", "PUT", "PATCH") if m.lower() not in known)
        address = path.replace("{", "").replace("}", "")
        error = problem(client.request(method, address), 405, "method-not-allowed")
        assert method in error["message"]
        assert address in error["message"]
    assert client.get(CLASSIFY).headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/api/v1/nothing", "/page/nothing.js", "/samples/x", "/docs", "/redoc", "/page/"],
)
def test_what_is_not_there(client: TestClient, path: str) -> None:
    problem(client.get(path), 404, "not-found")


@pytest.mark.parametrize("path", ["/nothing", "/Learn", "/history/x", "/r/"])
def test_a_browser_that_is_lost_gets_the_page_that_says_so(client: TestClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html,application/xhtml+xml"})
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert response.text == client.get("/").text
    assert (
        response.headers["content-security-policy"]
        == client.get("/").headers["content-security-policy"]
    )
    assert client.head(path, headers={"Accept": "text/html"}).status_code == 404


def test_programs_get_the_problem_whatever_they_accept(client: TestClient) -> None:
    for path in ("/api/v1/nothing", "/assets/gone.js"):
        problem(client.get(path, headers={"Accept": "text/html"}), 404, "not-found")
    problem(client.post("/nothing", headers={"Accept": "text/html"}), 404, "not-found")


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "empty-file"),
        (b"hello", 415, "unknown-format"),
        (picture("PNG", width=2100, height=2000), 413, "image-too-large"),
        (picture("JPEG", width=400, height=400)[:3000], 422, "truncated-image"),
    ],
)
def test_a_picture_that_cannot_be_used(
    client: TestClient, data: bytes, status: int, code: str
) -> None:
    raw = {"Content-Type": "application/octet-stream"}
    problem(client.post(CLASSIFY, content=data, headers=raw), status, code)
    problem(client.post(CLASSIFY, files={"file": ("x.jpg", data)}), status, code)


def test_a_failure_speaks_of_the_upload() -> None:
    failure = Failure("corrupt-image", "the given bytes: a broken header.", "Copy it again.")
    problem = RequestError.of_failure(failure)
    assert str(problem) == "The upload: a broken header. Copy it again."


def test_every_image_error_has_a_status() -> None:
    for name in errors.__all__:
        error = getattr(errors, name)
        if issubclass(error, errors.ImageError):
            assert status_of(error.code) in (413, 415, 422)
    assert status_of("unknown-format") == 415
    assert status_of("image-too-large") == 413


def test_a_wrong_parameter(client: TestClient) -> None:
    error = problem(
        client.post(f"{CLASSIFY}?evidence=perhaps", content=picture()), 422, "invalid-parameter"
    )
    assert "evidence is 'perhaps'" in error["message"]


def test_wrong_bodies(client: TestClient) -> None:
    text = client.post(CLASSIFY, content=b"hi", headers={"Content-Type": "text/plain"})
    assert "'text/plain'" in problem(text, 415, "unsupported-media-type")["message"]
    problem(client.post(CLASSIFY, json={"file": "x"}), 415, "unsupported-media-type")
    problem(client.post(CLASSIFY, files={"image": ("a.png", picture())}), 422, "missing-file")
    two = [("file", ("a.png", picture())), ("file", ("b.png", picture()))]
    problem(client.post(CLASSIFY, files=two), 400, "bad-form")
    no_boundary = {"Content-Type": "multipart/form-data"}
    problem(client.post(CLASSIFY, content=b"x", headers=no_boundary), 400, "bad-form")
    fields = {"Content-Type": "multipart/form-data; boundary=b"}
    as_text = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--b--\r\n'
    problem(client.post(CLASSIFY, content=as_text, headers=fields), 422, "missing-file")


def test_the_unforeseen_is_logged_and_says_nothing_of_the_inside(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(FakeClassifier(error=RuntimeError("secret path")))
    response = client.post(CLASSIFY, content=picture(), headers={"X-Request-ID": "mine-1"})
    error = problem(response, 500, "internal-error")
    assert error["request_id"] == "mine-1"
    assert "secret" not in response.text
    assert "mine-1" in caplog.text
    assert "secret path" in caplog.text


def test_the_description_promises_the_shape(client: TestClient) -> None:
    api = client.get("/api/v1/openapi.json").json()
    answers = api["paths"][CLASSIFY]["post"]["responses"]
    assert set(answers) >= {"200", "400", "408", "413", "415", "422", "503", "504"}
    for status, answer in answers.items():
        ref = answer["content"]["application/json"]["schema"]["$ref"]
        expected = "Classification" if status == "200" else "ErrorBody"
        assert ref == f"#/components/schemas/{expected}"
    assert "HTTPValidationError" not in api["components"]["schemas"]
    body = api["paths"][CLASSIFY]["post"]["requestBody"]["content"]
    assert set(body) >= {"multipart/form-data", "image/*", "application/octet-stream"}


def test_a_body_that_is_no_json(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/v1/fetch", content=b'{"url": nothing}', headers=headers)
    error = problem(answer, 422, "invalid-parameter")
    assert "no JSON" in error["message"]
    assert "character 8" in error["message"]


def test_a_place_for_pictures_that_is_away(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.post("/api/v1/play/rounds").status_code == 201
    full = OSError(28, "No space left on device", "/secret/place")
    monkeypatch.setattr("os.replace", mock.Mock(side_effect=full))
    answer = client.post(
        "/api/v1/results", files={"file": ("a.png", picture())}, headers=csrf(client)
    )
    assert "No space left" in problem(answer, 503, "store-away")["message"]
    assert answer.headers["Retry-After"] == "30"
    assert "secret" not in answer.text
    assert "/secret/place" in caplog.text
    # Nothing is half kept.
    monkeypatch.undo()
    assert client.get("/api/v1/results").json()["total"] == 0


def test_a_database_that_is_away(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ExitStack() as database:
        address = database.enter_context(empty_database(postgres_server()))
        with TestClient(site(tmp_path, database=address)) as client:
            assert client.post("/api/v1/play/rounds").status_code == 201
            database.close()
            answer = client.get("/api/v1/results")
            problem(answer, 503, "store-away")
            assert answer.headers["Retry-After"] == "30"
            assert "made_up_" not in answer.text
            assert "the store gives no answer" in caplog.text
            # What needs no database goes on.
            client.cookies.clear()
            assert client.post(CLASSIFY, content=picture()).status_code == 200


def test_a_session_that_ended_a_moment_ago_is_no_error_of_the_servers(client: TestClient) -> None:
    assert client.post("/api/v1/play/rounds").status_code == 201
    headers = csrf(client)
    assert client.post("/api/v1/play/rounds", headers=headers).status_code == 201
    # By another process, of which this one has not heard.
    with store_of(client).database.transaction() as session:
        session.execute(delete(SessionRow))
    answer = client.post("/api/v1/play/rounds", headers=headers)
    assert problem(answer, 409, "ended-meanwhile")["remedy"].startswith("Load the page")
