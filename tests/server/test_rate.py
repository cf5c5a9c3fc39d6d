"""How often one may ask."""

import sys
import time

import pytest
from fakes import Serve, picture
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from visits import CHEAP, csrf, sign_up, site

from skyform.server.rate import Buckets, address_of, group_of

CLASSIFY, MODELS = "/api/v1/classify", "/api/v1/models"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills() -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    left = [buckets.take("a", limit=3) for _ in range(5)]
    assert [s.allowed for s in left] == [True, True, True, False, False]
    assert [s.remaining for s in left] == [2, 1, 0, 0, 0]
    assert [s.reset for s in left] == [20, 40, 60, 60, 60]
    assert [s.wait for s in left] == [0, 0, 0, 20, 20]
    clock.now += 19.9
    assert not buckets.take("a", limit=3).allowed
    clock.now += 0.2
    assert buckets.take("a", limit=3).allowed
    clock.now += 1000
    assert buckets.take("a", limit=3).remaining == 2
    assert buckets.take("b", limit=3).remaining == 2


def test_looking_takes_nothing() -> None:
    buckets = Buckets(clock=Clock())
    assert [buckets.take("a", limit=1, cost=0).allowed for _ in range(3)] == [True] * 3
    assert buckets.take("a", limit=1).allowed
    assert not buckets.take("a", limit=1, cost=0).allowed
    buckets.forget("a")
    assert buckets.take("a", limit=1).allowed


@given(
    st.integers(1, 50),
    st.lists(st.floats(0, 30), min_size=1, max_size=80),
)
def test_nobody_gets_more_than_the_limit_and_what_flows_in(limit: int, waits: list[float]) -> None:
    clock = Clock()
    buckets = Buckets(clock=clock)
    allowed = 0
    for wait in waits:
        clock.now += wait
        standing = buckets.take("a", limit=limit)
        allowed += standing.allowed
        assert 0 <= standing.remaining < limit
        assert 0 <= standing.reset <= 60
        assert (standing.wait > 0) == (not standing.allowed)
        if not standing.allowed:
            later = clock.now
            clock.now += standing.wait
            assert buckets.take("a", limit=limit, cost=0).allowed
            clock.now = later
    assert allowed <= limit + sum(waits) * limit / 60 + 1e-6


def test_memory_is_bounded() -> None:
    buckets = Buckets(most=100, clock=Clock())
    for i in range(10_000):
        buckets.take(str(i), limit=3)
    assert len(buckets) == 100
    assert buckets.take("9999", limit=3).remaining == 1


@pytest.mark.parametrize(
    ("method", "path", "group"),
    [
        ("POST", CLASSIFY, "classify"),
        ("POST", "/api/v1/fetch", "fetch"),
        ("POST", "/api/v1/session", "sign_in"),
        ("DELETE", "/api/v1/session", "other"),
        ("POST", "/api/v1/account", "sign_up"),
        ("POST", "/api/v1/results", "keep"),
        ("POST", "/api/v1/play/rounds/x", "keep"),
        ("GET", MODELS, "other"),
        ("GET", "/", None),
        ("GET", "/healthz", None),
        ("GET", "/assets/app.js", None),
    ],
)
def test_groups(method: str, path: str, group: str | None) -> None:
    assert group_of(method, path) == group


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("x:y", "x:y"),
        ("", ""),
    ],
)
def test_addresses(host: str, expected: str) -> None:
    assert address_of({"client": (host, 1)}) == expected
    assert address_of({"client": None}) == address_of({}) == ""


def test_answers_say_how_one_stands(serve: Serve) -> None:
    client = serve(rate_classify=3)
    sent = [client.post(CLASSIFY, content=picture()) for _ in range(4)]
    assert [r.status_code for r in sent] == [200, 200, 200, 429]
    assert [r.headers["RateLimit-Remaining"] for r in sent] == ["2", "1", "0", "0"]
    assert {r.headers["RateLimit-Limit"] for r in sent} == {"3"}
    refused = sent[-1]
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert int(refused.headers["RateLimit-Reset"]) <= 60
    error = refused.json()["error"]
    assert error["code"] == "too-many-requests"
    assert error["request_id"] == refused.headers["X-Request-ID"]
    assert "Content-Security-Policy" in refused.headers
    assert client.get(MODELS).status_code == 200
    assert "RateLimit-Limit" not in client.get("/healthz").headers


def test_each_account_has_its_own_and_an_address_ten_times_as_much(serve: Serve) -> None:
    client = serve(**CHEAP, rate_classify=2)
    statuses = []
    for i in range(12):
        person = TestClient(client.app)
        sign_up(person, f"person{i}@example.org")
        person.get("/api/v1/session")
        headers = csrf(person)
        sent = [person.post(CLASSIFY, content=picture(), headers=headers) for _ in range(2)]
        statuses.append([r.status_code for r in sent])
    assert statuses == [[200, 200]] * 10 + [[429, 429]] * 2


def test_forged_cookies_and_tokens_give_nobody_more(serve: Serve) -> None:
    client = serve(rate_other=5)
    statuses = []
    for i in range(8):
        cookie = {"Cookie": f"skyform_session={str(i) * 43}"}
        token = {"Authorization": f"Bearer sky_{str(i) * 43}"}
        statuses.append(client.get(MODELS, headers=cookie if i % 2 else token).status_code)
    assert statuses.count(429) == 3


def test_no_limit(serve: Serve) -> None:
    client = serve(rate_other=0)
    assert "RateLimit-Limit" not in client.get(MODELS).headers


def test_signing_up_is_counted_by_address_alone(serve: Serve) -> None:
    client = serve(**CHEAP, rate_sign_up=2)
    for i in range(2):
        sign_up(client, f"person{i}@example.org")
    form = {"email": "more@example.org", "password": "several quiet words"}
    assert client.post("/api/v1/account", json=form, headers=csrf(client)).status_code == 429


@pytest.mark.skipif(sys.gettrace() is not None, reason="a debugger or coverage slows it down")
def test_it_costs_microseconds() -> None:
    buckets = Buckets()
    start = time.process_time()
    for i in range(2000):
        buckets.take(f"classify 192.0.2.{i % 250}", limit=600)
    # A generous bound: types are checked at run time here.
    assert (time.process_time() - start) / 2000 < 200e-6


def test_the_limits_are_settings(tmp_path) -> None:
    assert TestClient(site(tmp_path, rate_other=7)).get(MODELS).headers["RateLimit-Limit"] == "7"
