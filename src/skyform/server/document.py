"""The documentation of the API, made from the application itself, so that it cannot say anything else than the code does."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, cast

from fastapi import FastAPI

from skyform import errors
from skyform.server.problems import status_of
from skyform.server.settings import PREFIX, Settings

__all__ = ["api_page"]

_OPENING = """\
# The HTTP API

`skyform serve` starts a server on your own machine, with a page at `/` and the API below. The page's requests are all that
it uses: what it can do, a program can do.

```console
$ skyform serve
Skyform is at http://127.0.0.1:8000 (Ctrl-C stops it)
$ curl -F file=@galaxy.jpg 'http://127.0.0.1:8000/api/v1/classify?evidence=true'
$ curl -H 'Content-Type: application/fits' --data-binary @galaxy.fits http://127.0.0.1:8000/api/v1/classify
```

In Python, with nothing but the standard library:

```python
import json
from pathlib import Path
from urllib.request import Request, urlopen

request = Request(
    "http://127.0.0.1:8000/api/v1/classify",
    data=Path("galaxy.jpg").read_bytes(),
    headers={"Content-Type": "application/octet-stream"},
)
answer = json.load(urlopen(request))
print(answer["sentence"], answer["kind"]["confidence"])
```

Inside another ASGI application: `skyform.server.create_app(Settings(...))` gives the app, to mount or to serve.

The exact contract is `/api/v1/openapi.json`. Nothing that is uploaded is kept: pictures live in memory (larger forms in a
temporary file) until they are answered. File names are shown and never used as paths.
"""

_ERRORS = """\
## Errors

Every status of 400 or more has the same body, on every route:

```json
{"error": {"code": "unknown-format", "message": "…", "remedy": "…", "request_id": "…"}}
```

`code` is stable; `message` says what was wrong and `remedy` what to do. `request_id` is also in the header `X-Request-ID`
of every response; a request may bring its own (letters, digits, `.`, `_`, `-`, at most 64).
"""

_LIMITS = """\
## Limits

A body is cut off at `max_upload_bytes` while it arrives, whether it announces its length or not. At most `workers` pictures
are classified at once, and `queue` more requests wait; others get 503 with `Retry-After`. A classification that runs over its
time is answered with 504, and its worker stays taken until it ends.

There is no authentication and no rate limit: to serve others than yourself, put a proxy in front.
"""

_SETTINGS = """\
## Settings

Each is an environment variable and, in small letters with dashes, an option of `skyform serve`: `SKYFORM_MAX_PIXELS` is
`--max-pixels`. In Python they are the fields of `skyform.server.Settings`.
"""


def api_page(app: FastAPI) -> str:
    """The page as Markdown.

    Parameters
    ----------
    app : FastAPI
        From `create_app`; its OpenAPI description is what gets documented.
    """
    api = app.openapi()
    parts = [_OPENING, "## Endpoints\n", *_endpoints(api), _ERRORS, _error_table(), _LIMITS]
    parts += [_SETTINGS, _settings_table(), "## The answer\n", *_schemas(api)]
    return "\n".join(parts)


def _endpoints(api: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield f"### `{method.upper()} {path}`\n\n{operation['description']}\n"
            parameters = operation.get("parameters", [])
            if parameters:
                yield _table(
                    ("Query", "Default", "Meaning"),
                    [
                        (
                            f"`{p['name']}`",
                            f"`{str(p['schema']['default']).lower()}`",
                            p["description"],
                        )
                        for p in parameters
                    ],
                )
            body = operation.get("requestBody")
            if body:
                yield f"Body: {', '.join(f'`{t}`' for t in body['content'])}.\n"
            yield _table(
                ("Status", "Meaning"),
                [(s, r["description"]) for s, r in operation["responses"].items()],
            )


def _error_table() -> str:
    found = (cast(type[errors.SkyformError], getattr(errors, name)) for name in errors.__all__)
    pictures = [e for e in found if issubclass(e, errors.ImageError)]
    return "Codes of pictures that cannot be used:\n\n" + _table(
        ("Code", "Status", "Meaning"),
        [(f"`{e.code}`", str(status_of(e.code)), (e.__doc__ or "").strip()) for e in pictures],
    )


def _settings_table() -> str:
    rows = [
        (
            f"`{PREFIX}{f.name.upper()}`",
            "" if f.default is None else f"`{f.default}`",
            f.metadata["help"],
        )
        for f in fields(Settings)
    ]
    return _table(("Variable", "Default", "Meaning"), rows)


def _schemas(api: Mapping[str, Any]) -> Iterator[str]:
    schemas = api["components"]["schemas"]
    for name in ("Classification", "Kind", "TaxonomyChoice", "Answer", "Frame", "FlagNote"):
        schema = schemas[name]
        yield f"### {name}\n\n{schema['description']}\n"
        rows = [
            (f"`{field}`", _type(what), what.get("description", ""))
            for field, what in schema["properties"].items()
        ]
        yield _table(("Field", "Type", "Meaning"), rows)


def _type(what: Mapping[str, Any]) -> str:
    if "$ref" in what:
        return what["$ref"].rpartition("/")[2]
    if "anyOf" in what:
        return " or ".join(_type(w) for w in what["anyOf"])
    if what["type"] == "array":
        return f"list of {_type(what['items'])}"
    if what["type"] == "object":
        return f"map to {_type(what['additionalProperties'])}"
    return str(what["type"])


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(lines) + "\n"
