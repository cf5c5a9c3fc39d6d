"""The documentation of the API, made from the application itself, so that it cannot say anything else than the code does."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, cast

from fastapi import FastAPI

from skyform import errors
from skyform.server.problems import status_of
from skyform.server.settings import PREFIX, Settings

__all__ = ["api_page", "settings_page"]

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

The exact contract is `/api/v1/openapi.json`. `/classify`, `/preview` and `/export` keep nothing: pictures live in memory (larger
forms in a temporary file) until they are answered. What is kept, by `/results` and `/jobs`, is its owner's alone until it is
shared, and goes when its owner or the settings say so. File names are shown and never used as paths.

Pages of lists are asked for with `cursor`, the `next` of the page before. Scripts send a token of their account as
`Authorization: Bearer …`; browsers have a session cookie, and send its `csrf` (see `GET /api/v1/session`) as `X-CSRF-Token` with
every request that changes something.
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

A body is cut off while it arrives, at `max_upload_bytes` for a picture and `max_job_bytes` for a job, whether it announces its
length or not. Pictures that arrive together go through the network together; `queue` of them may wait, and others get 503 with
`Retry-After`. A classification that runs over its time is answered with 504. The settings are listed in
[settings.md](settings.md), and [serving.md](serving.md) says how to run a server for others.
"""

_SETTINGS = """\
# Settings of the server

Each is an environment variable and, in small letters with dashes, an option of `skyform serve`: `SKYFORM_MAX_PIXELS` is
`--max-pixels`. In Python they are the fields of `skyform.server.Settings`. What they are for is told in
[serving.md](serving.md). The table is made from the code.
"""

# The parts of the API in the order in which a newcomer needs them.
_PARTS = {
    "classify": "Classify",
    "": "Models, samples, health",
    "results": "Results",
    "jobs": "Jobs",
    "gallery": "Gallery",
    "guide": "Guide",
    "play": "Play",
    "review": "Review",
    "account": "Account",
    "admin": "Administration",
}


def api_page(app: FastAPI) -> str:
    """The page of the API as Markdown.

    Parameters
    ----------
    app : FastAPI
        From `create_app`; its OpenAPI description is what gets documented.
    """
    api = app.openapi()
    parts = [_OPENING, "## Endpoints\n", *_endpoints(api), _ERRORS, _status_table(api)]
    parts += [_error_table(), _LIMITS, "## Types\n", *_schemas(api)]
    return "\n".join(parts)


def settings_page() -> str:
    """The page of the settings as Markdown."""
    return f"{_SETTINGS}\n{_settings_table()}"


def _operations(api: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _endpoints(api: Mapping[str, Any]) -> Iterator[str]:
    parts: dict[str, list[str]] = {}
    for path, method, operation in _operations(api):
        tag = operation.get("tags", [""])[0]
        parts.setdefault(tag, []).append(_endpoint(path, method, operation))
    for tag in sorted(parts, key=[*_PARTS, *parts].index):
        yield f"### {_PARTS.get(tag, tag.capitalize())}\n"
        yield from parts[tag]


def _endpoint(path: str, method: str, operation: Mapping[str, Any]) -> str:
    lines = [
        f"#### `{method} {path}`\n",
        f"**{operation['summary']}.** {operation['description']}\n",
    ]
    parameters = operation.get("parameters", [])
    if parameters:
        rows = [_parameter(p) for p in parameters]
        lines.append(_table(("Parameter", "In", "Default", "Meaning"), rows))
    if "requestBody" in operation:
        lines.append(f"Body: {', '.join(_contents(operation['requestBody']['content']))}.\n")
    lines.append(_answers(operation["responses"]))
    return "\n".join(lines)


def _parameter(p: Mapping[str, Any]) -> tuple[str, ...]:
    schema = p["schema"]
    default = "" if schema.get("default") in (None, "", []) else f"`{_json(schema['default'])}`"
    choices = _choices(schema)
    meaning = " ".join(filter(None, (p.get("description", ""), choices)))
    return (f"`{p['name']}`", p["in"], default, meaning)


def _json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _choices(schema: Mapping[str, Any]) -> str:
    return f"One of {', '.join(f'`{v}`' for v in schema['enum'])}." if "enum" in schema else ""


def _contents(content: Mapping[str, Any]) -> Iterator[str]:
    """What a body may be: a type of the contract as JSON, or a media type."""
    for media, what in content.items():
        named = "$ref" in what.get("schema", {})
        yield _type(what["schema"]) if named else f"`{media}`"


def _answers(responses: Mapping[str, Any]) -> str:
    good = {s: r for s, r in responses.items() if int(s) < 400}
    bad = [s for s in responses if int(s) >= 400]
    told = [
        f"{s} with {', '.join(_contents(r['content']))}" if r.get("content") else f"{s}, empty"
        for s, r in good.items()
    ]
    errors = f"; errors {', '.join(bad)}" if bad else ""
    return f"Answers: {', '.join(told)}{errors}.\n"


def _status_table(api: Mapping[str, Any]) -> str:
    meanings = {
        s: r["description"]
        for _, _, operation in _operations(api)
        for s, r in operation["responses"].items()
        if int(s) >= 400
    }
    return _table(("Status", "Meaning"), sorted(meanings.items()))


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
    for name, schema in sorted(api["components"]["schemas"].items()):
        yield f"### {name}\n\n{schema.get('description', '')}\n"
        rows = [
            (f"`{field}`", _type(what), " ".join(filter(None, (_told(what), _choices(what)))))
            for field, what in schema.get("properties", {}).items()
        ]
        if rows:
            yield _table(("Field", "Type", "Meaning"), rows)


def _told(what: Mapping[str, Any]) -> str:
    return str(what.get("description", ""))


def _type(what: Mapping[str, Any]) -> str:
    if "$ref" in what:
        name = what["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in what:
        return " or ".join(_type(w) for w in what["anyOf"])
    if what.get("type") == "array":
        return f"list of {_type(what['items'])}"
    if what.get("type") == "object":
        inside = what.get("additionalProperties")
        return f"map to {_type(inside)}" if isinstance(inside, Mapping) else "map"
    return str(what.get("format") or what.get("type", "anything"))


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows)]
    return "\n".join(lines) + "\n"
