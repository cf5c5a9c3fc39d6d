"""What the routes about accounts share: cookies, sessions, passwords, and sign-in elsewhere."""

from dataclasses import dataclass

from skyform.errors import SkyformError
from skyform.server.cookies import Cookies
from skyform.server.openid import OpenId
from skyform.server.sessions import Sessions
from skyform.server.settings import Settings
from skyform.server.signing_in import Doorkeeper
from skyform.store import Store

__all__ = ["Accounts"]


@dataclass(frozen=True)
class Accounts:
    """One server's."""

    cookies: Cookies
    sessions: Sessions
    door: Doorkeeper
    openid: OpenId | None
    registration: bool

    @classmethod
    def of(cls, settings: Settings, *, store: Store) -> "Accounts":
        """As the settings say.

        Raises
        ------
        SkyformError
            If a setting cannot be meant.
        """
        cookies = Cookies(settings.public_url)
        return cls(
            cookies=cookies,
            sessions=Sessions(store, cookies=cookies, days=settings.session_days),
            door=Doorkeeper(settings, store=store),
            openid=OpenId.of(settings),
            registration=_is_open(settings.registration),
        )


def _is_open(registration: str) -> bool:
    if registration not in ("open", "closed"):
        raise SkyformError(f"registration is {registration!r}.", remedy="Say open or closed.")
    return registration == "open"
