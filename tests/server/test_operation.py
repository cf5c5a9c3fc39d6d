"""What those who run a server rely on: readiness, figures, logs."""

import json
import logging
import re
import sys

import pytest
from fakes import FakeClassifier, Serve, picture
from fastapi.testclient import TestClient

from skyform.errors import SkyformError
from skyform.server.logs import ACCESS, configure_logs

CLASSIFY = "/api/v1/classify"


def test_ready_until_something_is_missing(client: TestClient) -> None:
    assert client.get("/readyz").json() == {"status": "ready", "model": "fake@1"}
    store = client.app.state.service.store  # type: ignore[attr-defined]
    store.objects.get = lambda key: (_ for _ in ()).throw(PermissionError("secret place"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "not-ready"
    assert "the place for pictures" in answer.text
    assert "secret" not in answer.text
    assert client.get("/healthz").status_code == 200


def test_not_ready_while_closing(client: TestClient) -> None:
    client.app.state.service.closing.set()  # type: ignore[attr-defined]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "shutting down" in answer.text
    assert client.post(CLASSIFY, content=picture()).status_code == 200


def test_no_figures_unless_asked_for(client: TestClient) -> None:
    assert client.get("/metrics").status_code == 404


def test_figures_behind_a_token(serve: Serve) -> None:
    client = serve(metrics="s3same")
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": "Bearer s3same"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")


def value(text: str, name: str, **labels: str) -> float:
    """One sample."""
    for line in text.splitlines():
        found = re.fullmatch(r"(\w+)(\{(.*)\})? (\S+)", line)
        if found and found[1] == name:
            given = dict(re.findall(r'(\w+)="([^"]*)"', found[3] or ""))
            if labels.items() <= given.items():
                return float(found[4])
    raise AssertionError(f"no {name} {labels} in:\n{text}")


def test_figures_count_by_route_and_not_by_address(serve: Serve) -> None:
    client = serve(metrics="open")
    for n in range(3):
        client.get(f"/api/v1/results/{n:032x}")
        client.get(f"/nothing/{n}")
    client.post(CLASSIFY, content=picture())
    client.post(CLASSIFY, content=b"no picture")
    client.request("BREW", "/healthz")
    text = client.get("/metrics").text
    route = "/api/v1/results/{id}"
    assert value(text, "skyform_requests_total", method="GET", route=route, status="404") == 3
    assert value(text, "skyform_requests_total", route="none", status="404") == 3
    assert value(text, "skyform_requests_total", route=CLASSIFY, status="200") == 1
    assert value(text, "skyform_requests_total", route=CLASSIFY, status="415") == 1
    assert value(text, "skyform_requests_total", method="other") == 1
    assert value(text, "skyform_request_seconds_count", route=CLASSIFY) == 2
    assert value(text, "skyform_batch_pictures_count") == 2
    assert value(text, "skyform_pictures_under_way") == 0
    assert value(text, "skyform_job_pictures_waiting") == 0
    assert value(text, "skyform_info", model="fake@1") == 1
    assert f"{0:032x}" not in text


def test_two_applications_do_not_share_figures(serve: Serve) -> None:
    one, other = serve(metrics="open"), serve(metrics="open")
    one.get("/api/v1/models")
    assert 'route="/api/v1/models"' in one.get("/metrics").text
    assert 'route="/api/v1/models"' not in other.get("/metrics").text


def test_a_request_is_noted_without_what_is_private(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger=ACCESS):
        client.post(
            f"{CLASSIFY}?embedding=false",
            files={"file": ("secret-name.png", picture())},
            headers={"X-Request-ID": "mine"},
        )
        client.get("/healthz")
    (record,) = [r for r in caplog.records if r.name == ACCESS]
    assert (record.request_id, record.method, record.route) == ("mine", "POST", CLASSIFY)
    assert record.status == 200
    assert record.ms > 0
    assert record.bytes > 1000
    assert not hasattr(record, "address")
    assert "secret-name" not in str(vars(record))
    assert "embedding" not in str(vars(record))


def test_addresses_are_noted_only_where_asked_for(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger=ACCESS):
        serve(log_addresses=1).get("/api/v1/models")
    (record,) = [r for r in caplog.records if r.name == ACCESS]
    assert record.address == "testclient"


@pytest.fixture
def root() -> logging.Logger:
    """The root logger, put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield root
    root.handlers, _ = handlers, root.setLevel(level)


def test_logs_as_json(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure_logs(level="info", format="json")
    logging.getLogger(ACCESS).info("request", extra={"status": 200, "route": "/x"})
    logging.getLogger("skyform.server").debug("not this")
    try:
        raise ValueError("inside")
    except ValueError:
        logging.getLogger("skyform.server").exception("it failed")
    one, two = map(json.loads, capsys.readouterr().err.splitlines())
    assert (one["event"], one["status"], one["route"], one["level"]) == (
        "request",
        200,
        "/x",
        "info",
    )
    assert one["logger"] == ACCESS
    assert one["timestamp"].endswith("Z")
    assert two["event"] == "it failed"
    assert two["exception"][0]["exc_type"] == "ValueError"


def test_logs_on_a_console(root: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="info", format="console")
    logging.getLogger(ACCESS).info("request", extra={"status": 200})
    said = capsys.readouterr().err
    assert "request" in said
    assert "status=200" in said
    assert "\x1b" not in said or sys.stderr.isatty()


@pytest.mark.parametrize("format", ["console", "json"])
def test_logs_hold_no_variables(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    configure_logs(level="info", format=format)
    password = "".join(reversed("elpats yrettab"))
    try:
        raise ValueError(f"{len(password)} letters")
    except ValueError:
        logging.getLogger("skyform.server").exception("it failed")
    said = capsys.readouterr().err
    assert "14 letters" in said
    assert password not in said


@pytest.mark.parametrize("wrong", [{"level": "loud"}, {"format": "xml"}])
def test_what_logs_cannot_be(root: logging.Logger, wrong: dict[str, str]) -> None:
    with pytest.raises(SkyformError, match=r"log_(level|format) is '(loud|xml)'"):
        configure_logs(**{"level": "info", "format": "json", **wrong})


def test_a_late_failure_is_noted_too(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    client = serve(FakeClassifier(error=RuntimeError("inside")))
    with caplog.at_level(logging.INFO, logger=ACCESS):
        assert client.post(CLASSIFY, content=picture()).status_code == 500
    (record,) = [r for r in caplog.records if r.name == ACCESS]
    assert record.status == 500
