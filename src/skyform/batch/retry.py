"""Trying again: what is worth it, and how long to wait before.

The pause doubles with every try and is drawn at random from its upper half, so that a thousand workers that failed together do not
come back together. A server that says when to come back (`Retry-After`) is waited for.
"""

import errno
import random
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

__all__ = ["is_transient", "retry_after", "retrying", "status_of"]

_T = TypeVar("_T")
_LONGEST_WAIT = 30.0  # s, between two tries
_LONGEST_ASKED = 300.0  # s; a server that asks for more is busy for longer than a run should hang
_FIRST_SERVER_ERROR = 500
_TIMEOUT, _TOO_EARLY, _TOO_MANY = 408, 425, 429
_DEEPEST = 8
# Of files on network drives: the server did not answer, or has just come back.
_ERRNOS = frozenset((errno.EAGAIN, errno.EBUSY, errno.ESTALE, errno.ETIMEDOUT, errno.ENETUNREACH))
# Connections that failed or broke, by the names of their classes in httpx, aiohttp, botocore and http.client: those libraries share
# no base class, and three of the four are not in the base install.
_BROKEN = frozenset(
    (
        "ClientConnectionError",
        "ClientPayloadError",
        "HTTPClientError",
        "IncompleteRead",
        "ResponseStreamingError",
        "TransportError",
    )
)
_HOPELESS = frozenset(("LocalProtocolError", "UnsupportedProtocol"))


def retrying(
    call: Callable[[], _T],
    *,
    attempts: int = 5,
    wait: float = 0.5,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """What `call` returns, tried again while it fails for a reason that may pass (see `is_transient`).

    Parameters
    ----------
    call : callable
        Without arguments.
    attempts : int
        Calls in all, at least 1.
    wait : float
        Seconds before the second call; twice that before the third, and so on, never more than 30. A `Retry-After` of up to five
        minutes counts where it is longer; a longer one is not waited for.
    sleep : callable
        Waits for a number of seconds.

    Raises
    ------
    Exception
        The last error of `call`; one that will not pass is raised at once.
    ValueError
        If `attempts` is below 1.
    """
    if attempts < 1:
        raise ValueError(f"attempts is {attempts}; give a number of at least 1.")
    for attempt in range(attempts - 1):
        try:
            return call()
        except Exception as error:
            asked = retry_after(error) or 0.0
            if not is_transient(error) or asked > _LONGEST_ASKED:
                raise
            pause = min(_LONGEST_WAIT, wait * 2.0**attempt) * random.uniform(0.5, 1.0)
        sleep(max(pause, asked))
    return call()


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed later: timeouts, broken connections, and the answers 408, 425, 429 and 5xx.

    Causes of an error count too: libraries wrap them in errors of their own.
    """
    for cause in _causes(error):
        status = _status(cause)
        if status is not None:
            return status in (_TIMEOUT, _TOO_EARLY, _TOO_MANY) or status >= _FIRST_SERVER_ERROR
        names = {c.__name__ for c in type(cause).__mro__}
        if names & _HOPELESS:
            return False
        if isinstance(cause, TimeoutError | ConnectionError) or names & _BROKEN:
            return True
        if isinstance(cause, OSError) and cause.errno in _ERRNOS:
            return True
    return False


def retry_after(error: BaseException) -> float | None:
    """Seconds after which a server wants to be asked again, by the `Retry-After` of its answer; None where it does not say."""
    for cause in _causes(error):
        value = _headers(cause).get("retry-after", "").strip()
        if value.isdigit():
            return float(value)
        if value:
            return _seconds_until(value)
    return None


def status_of(error: BaseException) -> int | None:
    """The HTTP status of the answer behind an error; None where there is none."""
    return next((s for s in map(_status, _causes(error)) if s is not None), None)


def _seconds_until(date: str) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return None
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(_DEEPEST):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status that an error of httpx, aiohttp, urllib or botocore carries."""
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        found = _metadata(response).get("HTTPStatusCode")
    else:
        found = getattr(response, "status_code", getattr(error, "status", None))
    return found if isinstance(found, int) else None


def _headers(error: BaseException) -> dict[str, str]:
    response = getattr(error, "response", None)
    if isinstance(response, Mapping):
        found = _metadata(response).get("HTTPHeaders")
    else:
        found = getattr(response, "headers", getattr(error, "headers", None))
    return {str(k).lower(): str(v) for k, v in dict(found or {}).items()}


def _metadata(response: Any) -> Mapping[str, Any]:
    return response.get("ResponseMetadata") or {}
