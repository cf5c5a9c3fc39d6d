"""HTML pages in one file: templates filled in, with everything escaped and nothing fetched from elsewhere."""

import base64
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from skyform.errors import MissingExtraError, OutputError

__all__ = ["data_uri", "render", "require_lab", "write_page"]

_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}


def require_lab(what: str) -> None:
    """Check that the parts that draw pages are installed.

    Raises
    ------
    MissingExtraError
        If they are not.
    """
    if missing := [name for name in ("jinja2", "matplotlib") if find_spec(name) is None]:
        raise MissingExtraError(
            f"{what} needs {' and '.join(missing)}, which the base installation leaves out.",
            remedy="Install it: pip install 'skyform[lab]'",
        )


def render(template: str, **values: object) -> str:
    """Fill in a template of this room; the page's style and colours are always there."""
    import jinja2

    from skyform.evaluation.plotting import DARK, LIGHT

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("skyform.evaluation", ""),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(light=LIGHT, dark=DARK, **values)


def write_page(text: str, file: Path) -> None:
    """Write a page in one step.

    Raises
    ------
    OutputError
        If it cannot be written there.
    """
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(file)
    except OSError as error:
        raise OutputError(
            f"The page cannot be written to {file}: {error}.",
            remedy="Give a file in a folder that you may write to.",
        ) from error
    finally:
        if temporary.is_file():
            temporary.unlink()


def data_uri(data: bytes, *, suffix: str) -> str:
    """A picture as an address that holds it.

    Raises
    ------
    KeyError
        If the suffix is none of `.png`, `.jpg`, `.jpeg` and `.webp`.
    """
    kinds: Mapping[str, str] = _TYPES
    return f"data:{kinds[suffix.lower()]};base64,{base64.b64encode(data).decode()}"
