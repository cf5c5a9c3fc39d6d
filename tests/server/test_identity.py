"""Who asks, and how a visitor without an account comes to own something."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

import pytest
from fakes import picture
from fastapi import Depends, FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import event, select, update
from starlette.responses import JSONResponse, Response, StreamingResponse
from visits import (
    ACCOUNT,
    SESSION,
    csrf,
    emptied,
    promote,
    sign_in,
    sign_up,
    site,
    store_of,
)

from skyform.server.identity import Visitor, anyone, curator, holder, owner
from skyform.server.problems import RequestError
from skyform.store import ResultRow, SessionRow, TokenRow
from skyform.store.images import keep_image
from skyform.store.results import NewResult, add_result

TOKENS = f"{ACCOUNT}/tokens"
CLASSIFY = "/api/v1/classify"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    app = site(tmp_path_factory.mktemp("site"))

    @app.post("/made-up/{kind}")
    async def keep(kind: str, request: Request, who: Annotated[Visitor, Depends(anyone)]):
        if kind == "twice":
            await owner(request, who)
        who = await owner(request, who)
        if kind == "error":
            raise RequestError("No.", status=418, code="teapot")
        if kind == "broken":
            raise RuntimeError("made up")
        said = {"user": who.user, "session": who.session}
        if kind == "json":
            return JSONResponse(said)
        if kind == "stream":
            return StreamingResponse(iter([b"a", b"b"]))
        return Response(status_code=204) if kind == "empty" else said

    @app.get("/made-up/who")
    async def who(visitor: Annotated[Visitor, Depends(anyone)]):
        return {"user": visitor.user, "session": visitor.session, "role": visitor.role}

    for name, needed in (("curator", curator), ("holder", holder)):
        app.add_api_route(f"/made-up/{name}", _nothing(needed), methods=["GET"])
    with TestClient(app):
        yield app


def _nothing(needed):
    async def nothing(visitor: Annotated[Visitor, Depends(needed)]):
        return {}

    return nothing


@pytest.fixture
def visitor(app: FastAPI) -> TestClient:
    return emptied(TestClient(app, raise_server_exceptions=False))


def sessions(client: TestClient) -> list[SessionRow]:
    with store_of(client).database.transaction() as session:
        return list(session.scalars(select(SessionRow)))


@pytest.mark.parametrize("kind", ["plain", "json", "stream", "empty", "error", "broken", "twice"])
def test_an_owner_gets_a_cookie_with_any_answer(visitor: TestClient, kind: str) -> None:
    response = visitor.post(f"/made-up/{kind}")
    assert response.headers["Set-Cookie"].startswith("skyform_session=")
    assert response.headers["Cache-Control"] == "no-store"
    (row,) = sessions(visitor)
    assert visitor.get("/made-up/who").json()["session"] == row.id
    again = visitor.post("/made-up/plain", headers=csrf(visitor))
    assert "Set-Cookie" not in again.headers
    assert len(sessions(visitor)) == 1


def test_requests_that_come_together_get_one_session(visitor: TestClient) -> None:
    headers = csrf(visitor)
    visit = {"Cookie": f"skyform_visit={visitor.cookies['skyform_visit']}"}
    visitor.cookies.clear()
    said = [visitor.post("/made-up/json", headers={**headers, **visit}) for _ in range(2)]
    visitor.cookies.clear()
    assert said[0].json() == said[1].json()
    assert said[0].headers["Set-Cookie"] == said[1].headers["Set-Cookie"]
    assert len(sessions(visitor)) == 1
    other = TestClient(visitor.app)
    assert other.post("/made-up/json", headers=csrf(other)).json() != said[0].json()


def test_what_was_kept_before_goes_to_the_account(visitor: TestClient) -> None:
    session_id = visitor.post("/made-up/json").json()["session"]
    now = datetime.now(UTC)
    store = store_of(visitor)
    who = Visitor(session=session_id).as_owner
    with store.database.transaction() as session:
        digest = keep_image(session, store.objects, picture(), media_type="image/png")
        new = NewResult(
            image_digest=digest,
            title="A galaxy",
            model="fake@1",
            sentence="A galaxy.",
            classification={},
            expires_at=now + timedelta(days=1),
        )
        add_result(session, who, new, now=now)
    user = sign_up(visitor)
    with store.database.transaction() as session:
        row = session.scalars(select(ResultRow)).one()
        assert (row.user_id, row.session_id, row.expires_at) == (user["id"], None, None)
    assert [s.user_id for s in sessions(visitor)] == [user["id"]]
    assert visitor.request("DELETE", ACCOUNT, headers=csrf(visitor)).status_code == 204
    with store.database.transaction() as session:
        assert session.scalars(select(ResultRow)).all() == []
    assert sessions(visitor) == []
    assert visitor.get(SESSION).json()["user"] is None
    assert sign_in(visitor).status_code == 401


def test_classifying_asks_the_database_nothing(visitor: TestClient) -> None:
    engine = store_of(visitor).database.engine
    asked: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:
        # Beside the requests, the jobs' own task looks for work from time to time.
        if statement != "BEGIN" and "job_items" not in statement:
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert visitor.post(CLASSIFY, content=picture()).status_code == 200
        assert visitor.get("/made-up/who").json()["session"] is None
        assert asked == []
        headers = csrf(visitor)
        visitor.post("/made-up/plain", headers=headers)
        visitor.get("/made-up/who")
        asked.clear()
        for _ in range(5):
            assert visitor.get("/made-up/who").json()["session"] is not None
        visitor.post(CLASSIFY, content=picture(), headers=headers)
        assert asked == []
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_token_stands_for_its_account(visitor: TestClient) -> None:
    user = sign_up(visitor)
    made = visitor.post(TOKENS, json={"name": "script", "days": 3}, headers=csrf(visitor))
    assert made.status_code == 201
    note = made.json()
    token = note.pop("token")
    assert token.startswith("sky_")
    assert token.startswith(note["hint"])
    assert len(note["hint"]) == 8
    (listed,) = visitor.get(TOKENS).json()["tokens"]
    assert {**listed, "last_used_at": None} == note
    assert token not in visitor.get(TOKENS).text
    with store_of(visitor).database.transaction() as session:
        assert token not in vars(session.scalars(select(TokenRow)).one()).values()
    script = TestClient(visitor.app, headers={"Authorization": f"Bearer {token}"})
    assert script.get(SESSION).json()["user"]["id"] == user["id"]
    assert script.patch(ACCOUNT, json={"name": "by script"}).json()["name"] == "by script"
    assert visitor.get(TOKENS).json()["tokens"][0]["last_used_at"] is not None
    gone = visitor.delete(f"{TOKENS}/{note['id']}", headers=csrf(visitor))
    assert gone.status_code == 204
    refused = script.get(SESSION)
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "bad-token"


def test_what_a_token_cannot_do(visitor: TestClient) -> None:
    """A token is easily lost; it neither takes an account over nor ends it."""
    sign_up(visitor)
    promote(visitor, "admin")
    token = visitor.post(TOKENS, json={"name": "s"}, headers=csrf(visitor)).json()["token"]
    script = TestClient(visitor.app, headers={"Authorization": f"Bearer {token}"})
    assert script.get("/made-up/curator").status_code == 200
    for method, path, body in (
        ("DELETE", ACCOUNT, None),
        ("PUT", f"{ACCOUNT}/password", {"new": "other quiet words"}),
        ("POST", TOKENS, {"name": "more"}),
        ("GET", "/api/v1/admin/users", None),
    ):
        response = script.request(method, path, json=body)
        assert response.status_code == 403, path
        assert response.json()["error"]["code"] == "session-needed"


def test_an_expired_token_is_refused(visitor: TestClient) -> None:
    sign_up(visitor)
    token = visitor.post(TOKENS, json={"name": "s", "days": 1}, headers=csrf(visitor)).json()
    past = datetime.now(UTC) - timedelta(seconds=1)
    with store_of(visitor).database.transaction() as session:
        session.execute(update(TokenRow).values(expires_at=past))
    script = TestClient(visitor.app, headers={"Authorization": f"Bearer {token['token']}"})
    assert script.get(SESSION).status_code == 401


def test_a_bad_token_is_never_replaced_by_the_cookie(visitor: TestClient) -> None:
    sign_up(visitor)
    secret = visitor.cookies["skyform_session"]
    for given in ("", "x", "sky_" + "A" * 43, secret, f"sky_{secret}"):
        response = visitor.patch(
            ACCOUNT, json={"name": "x"}, headers={"Authorization": f"Bearer {given}"}
        )
        assert response.status_code == 401, given


def test_a_proxys_own_password_does_not_matter(visitor: TestClient) -> None:
    user = sign_up(visitor)
    response = visitor.get(SESSION, headers={"Authorization": "Basic bm86bm8="})
    assert response.json()["user"]["id"] == user["id"]


def test_anothers_token_cannot_be_revoked(visitor: TestClient) -> None:
    sign_up(visitor)
    id = visitor.post(TOKENS, json={"name": "s"}, headers=csrf(visitor)).json()["id"]
    other = TestClient(visitor.app)
    sign_up(other, "other@example.org")
    for wrong in (id, "x", "..%2f..%2fetc", "a" * 500):
        assert other.delete(f"{TOKENS}/{wrong}", headers=csrf(other)).status_code == 404
    assert len(visitor.get(TOKENS).json()["tokens"]) == 1


def test_there_is_a_most_of_tokens(visitor: TestClient) -> None:
    sign_up(visitor)
    headers = csrf(visitor)
    for _ in range(50):
        assert visitor.post(TOKENS, json={"name": "s"}, headers=headers).status_code == 201
    response = visitor.post(TOKENS, json={"name": "s"}, headers=headers)
    assert (response.status_code, response.json()["error"]["code"]) == (422, "too-many-tokens")


@pytest.mark.parametrize(("role", "status"), [("member", 403), ("curator", 200), ("admin", 200)])
def test_what_curators_may_do(visitor: TestClient, role: str, status: int) -> None:
    sign_up(visitor)
    promote(visitor, role)
    assert visitor.get("/made-up/curator").status_code == status
    assert visitor.get("/made-up/who").json()["role"] == role


def test_an_account_as_a_file(visitor: TestClient) -> None:
    import io
    import json
    import zipfile

    user = sign_up(visitor)
    response = visitor.get(f"{ACCOUNT}/export")
    assert response.headers["Content-Type"] == "application/zip"
    assert "attachment" in response.headers["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert json.loads(archive.read("users.json"))[0]["email"] == user["email"]
    assert b"argon2" not in b"".join(archive.read(n) for n in archive.namelist())
