"""Whatever the API's own description allows, and much that it forbids, is answered as the description says."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from fakes import picture
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_up_mailbox import free_port
from requests import Request
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance
from visits import csrf, promote, sign_up, site

_EXAMPLES = 6  # of each operation, for each visitor
_API = "/api/v1"
# After these, the visitor is somebody else, or nobody.
_LEAVING = {
    f"DELETE {_API}/account",
    f"DELETE {_API}/session",
    f"POST {_API}/account",
    f"POST {_API}/session",
    f"PUT {_API}/account/password",
}


class Person:
    """A visitor in one role, who has things of their own for the addresses that name one."""

    def __init__(self, app: FastAPI, role: str) -> None:
        self._app = app
        self._role = role
        self._visits = 0
        self._things: dict[str, dict[str, Any]] = {}
        self.come()

    def come(self) -> None:
        """With a new session, and with a new account where the role has one."""
        self._visits += 1
        self._things.clear()
        self._client = TestClient(self._app, raise_server_exceptions=False, follow_redirects=False)
        if self._role != "visitor":
            email = f"{self._role}{self._visits}@example.org"
            sign_up(self._client, email)
            promote(self._client, self._role, email)
        self._client.headers.update(csrf(self._client))

    def ask(self, case: Case) -> None:
        """And look at the answer."""
        unfit = [positive_data_acceptance]  # a password can be weak, and a file no picture
        given = case.path_parameters.get("id", "")
        # Half of the names that are made up stay, and lead nowhere.
        if isinstance(given, str) and len(given) % 2 == 0:
            case.path_parameters |= self._own(case.operation.path)
        if case.media_type == "multipart/form-data":
            # Titles are shortened rather than refused, and any bytes may be a picture.
            unfit.append(negative_data_rejection)
            if case.meta.generation.mode.is_positive:
                case.body = {"file": picture(), "files": [picture()]}
        response = self._sent(case)
        case.validate_response(response, excluded_checks=unfit)
        if case.operation.label in _LEAVING and response.is_success:
            self.come()
        elif response.is_success and case.operation.method != "get":
            self._things.clear()

    def _sent(self, case: Case) -> Response:
        made = Request(**case.as_transport_kwargs(base_url=str(self._client.base_url))).prepare()
        return self._client.request(
            str(made.method), str(made.url), headers=dict(made.headers), content=made.body
        )

    def _own(self, path: str) -> dict[str, Any]:
        """What stands for the names in an address."""
        room = path.removeprefix(_API).split("/")[1]
        if room not in self._things:
            self._things[room] = self._new(room)
        named = self._things[room] | {"position": 0, "name": self._picture_of_the_guide()}
        return {name: named[name] for name in named if f"{{{name}}}" in path}

    def _new(self, room: str) -> dict[str, Any]:
        match room:
            case "results" | "reviews":
                id = self._made("results", files={"file": picture()})
                self._posted(f"results/{id}/votes", json={"kind": "nebula"})
                return {"id": id}
            case "jobs":
                return {"id": self._job()}
            case "play":
                return {"id": self._made("play/rounds")}
            case "gallery":
                return {"id": self._read("gallery")["items"][0]["id"]}
            case "guide":
                return {"id": self._read("guide")["entries"][0]["id"]}
            case "account" if self._role != "visitor":
                return {"id": self._made("account/tokens", json={"name": "notebook"})}
            case "admin":
                return {"id": sign_up(TestClient(self._app), f"{uuid4().hex}@example.org")["id"]}
        return {}

    def _picture_of_the_guide(self) -> str:
        return min(self._app.state.service.guide.pictures)

    def _job(self) -> str:
        id = self._made("jobs", files={"files": ("a.png", picture())})
        for _ in range(200):
            if self._read(f"jobs/{id}")["status"] == "done":
                return id
            time.sleep(0.02)
        raise AssertionError(f"job {id} does not end")

    def _read(self, what: str) -> dict[str, Any]:
        return self._client.get(f"{_API}/{what}").json()

    def _made(self, what: str, **form: Any) -> str:
        return self._posted(what, **form)["id"]

    def _posted(self, what: str, **form: Any) -> dict[str, Any]:
        response = self._client.post(f"{_API}/{what}", **form)
        assert response.is_success, response.text
        return response.json()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    # Nobody answers at the mail server's address, which visitors must not notice.
    mail = {"mail_server": "127.0.0.1", "mail_port": free_port(), "mail_security": "none"}
    mail |= {"mail_sender": "skyform@skyform.example", "public_url": "http://testserver"}
    made = site(tmp_path_factory.mktemp("site"), fetch_ports="none", **mail)
    with TestClient(made):
        yield made


@pytest.fixture(scope="module", params=["visitor", "member", "admin"])
def person(app: FastAPI, request: pytest.FixtureRequest) -> Person:
    return Person(app, request.param)


@pytest.fixture(scope="module")
def described(app: FastAPI, person: Person) -> Any:
    return schemathesis.openapi.from_dict(app.openapi())


# Of schemathesis's own making.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")
def test_every_answer_is_as_described(described: Any, person: Person) -> None:
    wrong = []
    for found in described.get_all_operations():
        operation = found.ok()
        cases = st.one_of(operation.as_strategy(mode) for mode in GenerationMode)

        @settings(max_examples=_EXAMPLES, suppress_health_check=list(HealthCheck))
        @given(cases)
        def ask(case: Case) -> None:
            person.ask(case)

        try:
            ask()
        except (Exception, BaseExceptionGroup) as failures:
            wrong.append(failures)
    if wrong:
        raise BaseExceptionGroup("answers that are not as described", wrong)
