"""Logs for people and for machines: lines on a terminal, or JSON for whoever collects them."""

import logging
import sys

from skyform.errors import SkyformError

__all__ = ["ACCESS", "configure_logs"]

# Requests, one record each, with their facts as fields.
ACCESS = "skyform.access"

_LEVELS = ("debug", "info", "warning", "error")
_FORMATS = ("console", "json")


def configure_logs(*, level: str, format: str) -> None:
    """Send all logs of this process to its standard error.

    Parameters
    ----------
    level : str
        `debug`, `info`, `warning` or `error`: what is below is left out. Requests are `info`, health checks `debug`.
    format : str
        `console`, or `json` with one object a line.

    Raises
    ------
    SkyformError
        If one of them is none of these.
    """
    for name, value, known in (("log_level", level, _LEVELS), ("log_format", format, _FORMATS)):
        if value not in known:
            raise SkyformError(f"{name} is {value!r}.", remedy=f"Say {', '.join(known)}.")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(format))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # What libraries say of every request of theirs is of interest only to those who look for it.
    for name in ("httpx", "httpcore", "alembic", "botocore", "s3fs", "fsspec"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _formatter(format: str) -> logging.Formatter:
    import structlog  # not needed by those who bring logs of their own

    # By default both show the local variables of an error: passwords, cookies, pictures.
    if format == "console":
        plain = structlog.dev.plain_traceback
        errors = []
        shown = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)
    else:
        bare = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        errors = [structlog.processors.ExceptionRenderer(bare)]
        shown = structlog.processors.JSONRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *errors,
            shown,
        ],
    )
