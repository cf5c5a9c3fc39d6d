"""Open the web page and the HTTP interface, until Ctrl-C.

Each option can also be given as an environment variable, SKYFORM_ and its name in capitals: SKYFORM_PORT=9000.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import Field, fields, replace
from typing import Any

from skyform.cli.console import Exit
from skyform.errors import SkyformError
from skyform.server import Settings
from skyform.server import run as serve

__all__ = ["arguments", "run"]


def arguments(parser: ArgumentParser) -> None:
    """Declare one option for each of the server's settings."""
    for f in fields(Settings):
        default = "" if f.default is None else f" (default: {f.default})"
        parser.add_argument(
            f"--{f.name.replace('_', '-')}",
            type=_type_of(f),
            metavar=f.name.upper(),
            help=(f.metadata["help"] + default).replace("%", "%%"),
        )


def run(options: Namespace, parser: ArgumentParser) -> Exit:
    """Run the command."""
    given = {f.name: getattr(options, f.name) for f in fields(Settings)}
    try:
        settings = replace(Settings.from_env(), **{k: v for k, v in given.items() if v is not None})
    except SkyformError as error:
        parser.error(str(error))
    serve(settings)
    return Exit.OK


def _type_of(field: "Field[Any]") -> type:
    # The annotation, such as `int | None`, as text or as a type.
    text = field.type if isinstance(field.type, str) else str(field.type)
    return int if "int" in text else float if "float" in text else str
