"""The server: `create_app(settings)` gives the application, `run(settings)` serves it."""

from skyform.server.app import create_app
from skyform.server.running import run
from skyform.server.settings import Settings

__all__ = ["Settings", "create_app", "run"]
