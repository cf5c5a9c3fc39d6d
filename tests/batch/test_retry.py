"""What is tried again, how long it waits, and what is not."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyform.batch.retry import is_transient, retry_after, retrying, status_of


def answered(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://sky.example/a.jpg")
    response = httpx.Response(status, headers=headers, request=request)
    return httpx.HTTPStatusError("no", request=request, response=response)


class Failing:
    """Fails so many times, then answers."""

    def __init__(self, times: int, error: Exception) -> None:
        self.left = times
        self.error = error
        self.calls = 0
        self.waits: list[float] = []

    def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            raise self.error
        return "done"

    def run(self, **options: object) -> str:
        return retrying(self, sleep=self.waits.append, **options)  # type: ignore[arg-type]


def test_a_call_that_works_is_called_once():
    call = Failing(0, TimeoutError())
    assert call.run() == "done"
    assert (call.calls, call.waits) == (1, [])


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionResetError(), answered(503)])
def test_what_may_pass_is_tried_again(error: Exception):
    call = Failing(3, error)
    assert call.run() == "done"
    assert call.calls == 4


@given(st.integers(1, 9), st.floats(0.001, 10))
def test_pauses_double_up_to_half_a_minute_and_differ(times: int, wait: float):
    call = Failing(times, TimeoutError())
    call.run(attempts=times + 1, wait=wait)
    assert len(call.waits) == times
    for attempt, pause in enumerate(call.waits):
        longest = min(30.0, wait * 2**attempt)
        assert longest / 2 <= pause <= longest


def test_the_last_error_comes_out():
    call = Failing(9, TimeoutError("still nothing"))
    with pytest.raises(TimeoutError, match="still nothing"):
        call.run(attempts=3)
    assert call.calls == 3


@pytest.mark.parametrize(
    "error", [FileNotFoundError(), ValueError(), answered(404), answered(403), PermissionError()]
)
def test_what_will_not_pass_is_raised_at_once(error: Exception):
    call = Failing(1, error)
    with pytest.raises(type(error)):
        call.run()
    assert (call.calls, call.waits) == (1, [])


def test_a_server_that_says_when_is_waited_for():
    call = Failing(1, answered(429, **{"Retry-After": "17"}))
    call.run(wait=0.1)
    assert call.waits == [17.0]


def test_a_server_that_asks_for_an_hour_is_not_waited_for():
    call = Failing(1, answered(503, **{"Retry-After": "3600"}))
    with pytest.raises(httpx.HTTPStatusError):
        call.run()
    assert call.waits == []


def test_retry_after_may_be_a_date():
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    found = retry_after(answered(503, **{"Retry-After": then}))
    assert found is not None
    assert 90 < found <= 100
    assert retry_after(answered(503, **{"Retry-After": "tomorrow"})) is None
    past = format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)
    assert retry_after(answered(503, **{"Retry-After": past})) == 0.0


def wrapped(inner: Exception) -> OSError:
    error = OSError("the library's own words")
    error.__cause__ = inner
    return error


def test_causes_count():
    assert is_transient(wrapped(httpx.ReadTimeout("slow")))
    assert not is_transient(wrapped(ValueError("wrong")))
    assert retry_after(wrapped(answered(503, **{"Retry-After": "3"}))) == 3.0


class ClientResponseError(Exception):
    """As aiohttp's."""

    def __init__(self, status: int) -> None:
        super().__init__("answered")
        self.status = status


class ClientError(Exception):
    """As botocore's."""

    def __init__(self, status: int) -> None:
        super().__init__("answered")
        headers = {"retry-after": "2"}
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers}}


@pytest.mark.parametrize("kind", [ClientResponseError, ClientError])
def test_answers_are_known_whatever_library_brings_them(kind: type[Exception]):
    assert is_transient(kind(429))
    assert is_transient(kind(500))
    assert not is_transient(kind(404))
    assert retry_after(ClientError(503)) == 2.0
    assert status_of(wrapped(kind(416))) == 416
    assert status_of(ValueError()) is None


def test_addresses_that_no_client_takes_are_hopeless():
    assert not is_transient(httpx.UnsupportedProtocol("gopher"))
    assert is_transient(httpx.ConnectError("refused"))


def test_attempts_are_counted_from_one():
    with pytest.raises(ValueError, match="attempts is 0"):
        retrying(lambda: 1, attempts=0)
