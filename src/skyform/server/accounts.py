"""What the routes about accounts share: cookies, sessions, passwords, links for forgotten ones, and sign-in elsewhere."""

from dataclasses import dataclass

from skyform.errors import SkyformError
from skyform.server.cookies import Cookies
from skyform.server.mail import Mail
from skyform.server.metrics import Metrics
from skyform.server.openid import OpenId
from skyform.server.resetting import Resets
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
    resets: Resets | None
    registration: bool

    @classmethod
    def of(cls, settings: Settings, *, store: Store, metrics: Metrics | None = None) -> "Accounts":
        """As the settings say; mails are counted in `metrics`.

        Raises
        ------
        SkyformError
            If a setting cannot be meant.
        """
        cookies = Cookies(settings.public_url)
        openid = OpenId.of(settings)
        mail = Mail.of(settings)
        return cls(
            cookies=cookies,
            sessions=Sessions(store, cookies=cookies, days=settings.session_days),
            door=Doorkeeper(settings, store=store),
            openid=openid,
            resets=mail
            and Resets(
                mail,
                store=store,
                home=cookies.origin or "",
                provider=openid and openid.name,
                metrics=metrics,
            ),
            registration=_is_open(settings.registration),
        )


def _is_open(registration: str) -> bool:
    if registration not in ("open", "closed"):
        raise SkyformError(f"registration is {registration!r}.", remedy="Say open or closed.")
    return registration == "open"
