"""Forgotten passwords: a link by mail, and what it lets one do, with a real mail server on this machine."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import Serve
from fastapi.testclient import TestClient
from made_up_mailbox import PASSWORD as MAIL_PASSWORD
from made_up_mailbox import USER as MAIL_USER
from made_up_mailbox import Mailbox, free_port, made_up_mailbox
from sqlalchemy import func, select, update
from visits import ACCOUNT, CHEAP, PASSWORD, SESSION, csrf, sign_in, sign_out, sign_up, store_of

from skyform.errors import SkyformError
from skyform.server import Settings
from skyform.server.mail import Mail
from skyform.store import AuditRow, ResetRow, SessionRow, TokenRow, UserRow

RESET = f"{ACCOUNT}/password/reset"
HOME = "http://skyform.example"
NEW = "other quiet words"
PATIENCE = 10.0  # s

Site = Callable[..., TestClient]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with made_up_mailbox() as running:
        yield running


def mailing(box: Mailbox, **settings: Any) -> dict[str, Any]:
    return {
        "mail_server": box.server,
        "mail_port": box.port,
        "mail_security": "none",
        "mail_sender": "Skyform <skyform@skyform.example>",
        "public_url": HOME,
        **CHEAP,
        **settings,
    }


@pytest.fixture
def site(serve: Serve, box: Mailbox) -> Site:
    """Makes clients of a site that sends mail, at its own address."""

    def make(**settings: Any) -> TestClient:
        client = serve(**mailing(box, **settings))
        client.base_url = HOME
        return client

    return make


def ask(client: TestClient, email: str = "mira@example.org", **headers: str) -> Any:
    return client.post(RESET, json={"email": email}, headers={**csrf(client), **headers})


def come(client: TestClient, token: str, new: str = NEW) -> Any:
    return client.put(RESET, json={"token": token, "new": new}, headers=csrf(client))


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def token_of(box: Mailbox, *, count: int = 1) -> str:
    """What the latest of so many mails has in its link."""
    wait_for(lambda: len(box.messages) >= count)
    assert len(box.messages) == count
    link = f"{HOME}/new-password#"
    lines = box.messages[-1].get_content().splitlines()
    (token,) = (line.removeprefix(link) for line in lines if line.startswith(link))
    return token


def code(response: Any) -> str:
    return response.json()["error"]["code"]


def count(client: TestClient, table: type) -> int:
    with store_of(client).database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_without_a_mail_server_it_is_offered_nowhere(client: TestClient) -> None:
    assert client.get(SESSION).json()["password_reset"] is False
    for refused in (ask(client), come(client, "A" * 43)):
        assert (refused.status_code, code(refused)) == (403, "no-mail")
        assert "administrator" in refused.json()["error"]["remedy"]
    assert "administrator" in sign_in(client).json()["error"]["remedy"]


def test_from_the_mail_to_the_new_password(site: Site, box: Mailbox) -> None:
    client = site()
    assert client.get(SESSION).json()["password_reset"] is True
    assert "by mail" in sign_in(client).json()["error"]["remedy"]
    sign_up(client, "Mira@example.org")
    sign_out(client)
    asked = ask(client, "mira@EXAMPLE.org")
    assert (asked.status_code, asked.content) == (204, b"")
    token = token_of(box)
    assert len(token) == 43
    changed = come(client, token)
    assert (changed.status_code, changed.content) == (204, b"")
    assert sign_in(client).status_code == 401
    assert sign_in(client, password=NEW).status_code == 200


def test_what_the_mail_says(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client)
    ask(client, Host="evil.example", **{"X-Forwarded-Host": "evil.example"})
    token_of(box)
    (mail,) = box.messages
    assert box.receivers == ["mira@example.org"]
    assert mail["From"] == "Skyform <skyform@skyform.example>"
    assert mail["To"] == "mira@example.org"
    assert mail["Subject"] == "A new password for skyform.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@skyform.example>")
    assert mail["Date"]
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content()
    assert "evil" not in text
    for words in ("asked for a new password", HOME, "30 minutes", "once", "do nothing"):
        assert words in text


def test_the_answer_says_nothing_of_accounts(site: Site, box: Mailbox) -> None:
    client = site(rate_reset=0)
    sign_up(client)
    answers = [ask(client, email) for email in ("mira@example.org", "nobody@example.org")]
    told = [
        (a.status_code, a.content, {k: v for k, v in a.headers.items() if k != "x-request-id"})
        for a in answers
    ]
    assert told[0] == told[1]
    token_of(box)
    assert box.receivers == ["mira@example.org"]


def test_the_answer_waits_for_nothing(
    site: Site, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site()
    sign_up(client)

    def slow(*_: object) -> None:
        time.sleep(0.5)

    headers = csrf(client)
    monkeypatch.setattr("skyform.server.resetting.find_account", slow)
    begun = time.perf_counter()
    assert client.post(RESET, json={"email": "mira@example.org"}, headers=headers).is_success
    assert time.perf_counter() - begun < 0.4


def test_an_address_in_letters_of_all_kinds(site: Site, box: Mailbox) -> None:
    """Typed in capitals, too; domains travel in ASCII."""
    client = site()
    sign_up(client, "jürgen@exämple.org")
    ask(client, "Jürgen@Exämple.org")
    assert come(client, token_of(box)).status_code == 204
    assert box.receivers == ["jürgen@xn--exmple-cua.org"]
    assert sign_in(client, "jürgen@exämple.org", NEW).status_code == 200


@pytest.mark.parametrize("email", ["no address", "a@b.example\r\nBcc: x@y.example", "", "a@b@c.d"])
def test_what_is_no_address(site: Site, box: Mailbox, email: str) -> None:
    refused = ask(site(), email)
    assert (refused.status_code, code(refused)) == (422, "invalid-parameter")


def test_a_link_works_once(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client)
    ask(client)
    token = token_of(box)
    assert come(client, token).status_code == 204
    again = come(client, token, "third quiet words")
    assert (again.status_code, code(again)) == (410, "reset-gone")
    assert "Ask for a new one" in again.json()["error"]["remedy"]
    assert sign_in(client, password=NEW).status_code == 200


def test_a_link_ends_after_half_an_hour(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client)
    ask(client)
    token = token_of(box)
    with store_of(client).database.transaction() as session:
        row = session.scalars(select(ResetRow)).one()
        assert row.expires_at - row.created_at == timedelta(minutes=30)
        session.execute(update(ResetRow).values(expires_at=datetime.now(UTC)))
    assert code(come(client, token)) == "reset-gone"


def test_only_the_latest_link_works(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client)
    ask(client)
    first = token_of(box)
    ask(client)
    second = token_of(box, count=2)
    assert code(come(client, first)) == "reset-gone"
    assert come(client, second).status_code == 204


def test_a_link_ends_with_the_password_that_was_forgotten(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client)
    ask(client)
    token = token_of(box)
    change = {"current": PASSWORD, "new": NEW}
    assert client.put(f"{ACCOUNT}/password", json=change, headers=csrf(client)).is_success
    assert code(come(client, token, "third quiet words")) == "reset-gone"


@pytest.mark.parametrize("forged", ["", "x", "A" * 43, "' OR 1=1 --", "ø" * 43, "sky_" + "A" * 43])
def test_forged_links(site: Site, box: Mailbox, forged: str) -> None:
    client = site()
    sign_up(client)
    ask(client)
    token_of(box)
    refused = come(client, forged)
    assert (refused.status_code, code(refused)) == (410, "reset-gone")


def test_who_knows_only_the_database_cannot_use_it(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client)
    ask(client)
    token_of(box)
    with store_of(client).database.reading() as session:
        row = session.scalars(select(ResetRow)).one()
    for value in (row.id, row.secret_hash, row.secret_hash[:43]):
        assert code(come(client, value)) == "reset-gone"


def test_a_password_that_is_refused_leaves_the_link(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client, "mira.lind@example.org")
    ask(client, "mira.lind@example.org")
    token = token_of(box)
    for new, expected in (
        ("short", "invalid-parameter"),
        ("password123", "weak-password"),
        ("mira.lind99", "weak-password"),
    ):
        refused = come(client, token, new)
        assert (refused.status_code, code(refused)) == (422, expected)
        assert new not in refused.text
        assert token not in refused.text
    assert come(client, token).status_code == 204
    # Without a link that works, nobody learns what is wrong with a password for whom.
    assert code(come(client, token, "password123")) == "reset-gone"


def test_a_token_that_is_too_long_is_not_repeated(site: Site, box: Mailbox) -> None:
    refused = come(site(), "secret" * 50)
    assert (refused.status_code, code(refused)) == (422, "invalid-parameter")
    assert "secret" not in refused.text


def test_every_other_way_in_ends(site: Site, box: Mailbox) -> None:
    client = site(sign_in_failures=2)
    user = sign_up(client)
    made = client.post(f"{ACCOUNT}/tokens", json={"name": "a script"}, headers=csrf(client))
    bearer = {"Authorization": f"Bearer {made.json()['token']}"}
    stranger = TestClient(client.app, base_url=HOME)
    for _ in range(2):
        assert sign_in(stranger, password="a wrong password").status_code == 401
    assert sign_in(stranger).status_code == 429
    ask(stranger)
    assert come(stranger, token_of(box)).status_code == 204
    assert client.get(SESSION).json()["user"] is None
    assert TestClient(client.app, headers=bearer).get(f"{ACCOUNT}/tokens").status_code == 401
    assert (count(client, SessionRow), count(client, TokenRow)) == (0, 0)
    # The lock as well; and nobody is signed in by the link alone.
    assert stranger.get(SESSION).json()["user"] is None
    assert sign_in(stranger, password=NEW).status_code == 200
    with store_of(client).database.reading() as session:
        last = session.scalars(select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert last is not None
    assert (last.action, last.subject) == ("password-reset", f"user:{user['id']}")


def test_an_account_without_a_password(site: Site, box: Mailbox) -> None:
    client = site(
        openid_issuer="https://school.example", openid_client_id="sky", openid_name="Schüle"
    )
    sign_up(client)
    with store_of(client).database.transaction() as session:
        session.execute(update(UserRow).values(password_hash=None, openid_subject="school 7"))
    assert ask(client).status_code == 204
    wait_for(lambda: box.messages)
    text = box.messages[0].get_content()
    assert "you sign in with Schüle" in text
    assert f"{HOME}/sign-in" in text
    assert "#" not in text
    assert count(client, ResetRow) == 0


def test_where_the_provider_is_gone_a_link_is_the_way_back(site: Site, box: Mailbox) -> None:
    client = site()
    sign_up(client)
    with store_of(client).database.transaction() as session:
        session.execute(update(UserRow).values(password_hash=None, openid_subject="school 7"))
    ask(client)
    assert come(client, token_of(box)).status_code == 204
    assert sign_in(client, password=NEW).status_code == 200


def test_so_many_for_one_address(site: Site, box: Mailbox) -> None:
    """Whether it has an account or not."""
    client = site(rate_reset=0)
    sign_up(client)
    for email in ("mira@example.org", "nobody@example.org"):
        assert [ask(client, email).status_code for _ in range(5)] == [204] * 5
        refused = ask(client, email.upper())
        assert (refused.status_code, code(refused)) == (429, "too-many-requests")
        assert 0 < int(refused.headers["Retry-After"]) <= 720
    wait_for(lambda: len(box.messages) == 5)


def test_so_many_from_one_place(site: Site, box: Mailbox) -> None:
    client = site(rate_reset=2, rate_sign_in=3)
    headers = csrf(client)
    statuses = [
        client.post(RESET, json={"email": f"p{i}@example.org"}, headers=headers).status_code
        for i in range(3)
    ]
    assert statuses == [204, 204, 429]
    guesses = [come(client, "A" * 43).status_code for _ in range(4)]
    assert guesses == [410, 410, 410, 429]


def test_it_is_asked_for_by_our_own_pages(site: Site, box: Mailbox) -> None:
    client = site()
    for method, form in (("POST", {"email": "a@b.example"}), ("PUT", {"token": "x", "new": NEW})):
        client.cookies.clear()
        assert client.request(method, RESET, json=form).status_code == 403
        good = csrf(client)
        assert client.request(method, RESET, json=form).status_code == 403
        elsewhere = {**good, "Origin": "https://evil.example"}
        assert client.request(method, RESET, json=form, headers=elsewhere).status_code == 403
        script = {**good, "Authorization": "Bearer sky_" + "A" * 43}
        assert client.request(method, RESET, json=form, headers=script).status_code == 403


def refused_by(client: TestClient, caplog: pytest.LogCaptureFixture) -> str:
    """What is logged where the mail cannot be sent; the answer is the same, and nothing secret is in any record."""
    sign_up(client)
    with caplog.at_level(logging.DEBUG):
        assert ask(client).status_code == 204
        wait_for(lambda: any("was not sent" in r.getMessage() for r in caplog.records))
        assert ask(client, "nobody@example.org").status_code == 204
    (said,) = (r for r in caplog.records if "was not sent" in r.getMessage())
    assert said.levelname == "ERROR"
    assert said.exc_info is None
    # What the made-up mail server says of itself is not ours.
    whole = "\n".join(str(vars(r)) for r in caplog.records if r.name != "mail.log")
    for secret in ("mira@example.org", "new-password#", MAIL_PASSWORD):
        assert secret not in whole
    return said.getMessage()


def test_a_mail_server_that_is_down(
    site: Site, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    client = site(mail_port=free_port(), metrics="open")
    assert "SMTPConnectError" in refused_by(client, caplog)
    assert 'skyform_mails_total{outcome="failed"} 1.0' in client.get("/metrics").text


def test_a_mail_server_that_refuses(
    site: Site, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    box.refusal = "550 <mira@example.org> lives elsewhere"
    assert "SMTPRecipientsRefused 550" in refused_by(site(), caplog)


def test_mails_are_counted(site: Site, box: Mailbox) -> None:
    client = site(metrics="open")
    sign_up(client)
    ask(client)
    token_of(box)
    counted = 'skyform_mails_total{outcome="sent"} 1.0'
    wait_for(lambda: counted in client.get("/metrics").text)


def test_too_many_wait(monkeypatch: pytest.MonkeyPatch, site: Site, box: Mailbox) -> None:
    monkeypatch.setattr("skyform.server.resetting._WAITING", 1)
    monkeypatch.setattr("skyform.server.resetting._CLOSING_SECONDS", 0.0)
    monkeypatch.setattr("skyform.server.resetting._AT_ONCE", 0)
    client = site(rate_reset=0)
    assert ask(client).status_code == 204
    refused = ask(client)
    assert (refused.status_code, code(refused)) == (503, "busy")


def test_a_database_that_is_away_for_a_while(
    site: Site, box: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = site()
    sign_up(client)

    def away(*_: object, **__: object) -> None:
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr("skyform.server.resetting.find_account", away)
        ask(client)
        wait_for(lambda: "no link for a new password could be made" in caplog.text)
    ask(client)
    token_of(box)


def test_mails_that_wait_are_sent_before_the_end(serve: Serve, box: Mailbox) -> None:
    client = serve(**mailing(box))
    client.base_url = HOME
    sign_up(client)
    ask(client)
    client.__exit__()
    assert len(box.messages) == 1


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_over_tls(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    certificate = tmp_path / "mailbox.pem"
    with made_up_mailbox(certificate=certificate, tls=security == "tls") as box:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        given = {"mail_security": security}
        if security == "starttls":
            given |= {"mail_user": MAIL_USER, "mail_password": MAIL_PASSWORD}
        client = serve(**mailing(box, **given))
        client.base_url = HOME
        sign_up(client)
        ask(client)
        assert come(client, token_of(box)).status_code == 204


@pytest.mark.parametrize(
    ("known", "password", "reason"),
    [(False, MAIL_PASSWORD, "CERTIFICATE_VERIFY_FAILED"), (True, "another", "SMTPAuth.* 535")],
)
def test_a_mail_server_that_is_not_the_right_one(
    serve: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    known: bool,
    password: str,
    reason: str,
) -> None:
    certificate = tmp_path / "mailbox.pem"
    with made_up_mailbox(certificate=certificate) as box:
        if known:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        given = {"mail_user": MAIL_USER, "mail_password": password, "mail_security": "starttls"}
        client = serve(**mailing(box, **given))
        client.base_url = HOME
        assert re.search(reason, refused_by(client, caplog))
        assert box.messages == []


def test_a_server_that_offers_no_starttls_gets_nothing(
    site: Site, box: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    refused_by(site(mail_security="starttls"), caplog)
    assert box.messages == []


GOOD = {"mail_server": "smtp.x.example", "mail_sender": "a@x.example", "public_url": HOME}


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"mail_server": "smtp.x.example:587"}, r"mail_server is .*the port goes into mail_port"),
        ({"mail_security": "ssl"}, r"mail_security is 'ssl'\. Say starttls, tls, none"),
        ({"mail_sender": None}, r"mail_sender is not\. Set mail_sender"),
        ({"mail_sender": "Skyform"}, r"mail_sender is 'Skyform'\. Give an address"),
        ({"mail_sender": "a@x.example\r\nBcc: b@x.example"}, r"mail_sender is .*Give an address"),
        ({"mail_sender": "@x.example"}, r"mail_sender is .*Give an address"),
        ({"mail_sender": "a@x..example"}, r"mail_sender is .*Give an address"),
        ({"public_url": None}, r"public_url is not\. Set public_url"),
        ({"mail_user": "sky"}, r"mail_user and mail_password only one.*Set both"),
        (
            {"mail_user": "sky", "mail_password": "p", "mail_security": "none"},
            r"sent for all to read\. Set mail_security to starttls or tls",
        ),
        ({"mail_port": 70000}, r"mail_port is 70000.*at most 65535"),
    ],
)
def test_settings_that_cannot_send_a_mail(wrong: dict[str, Any], match: str) -> None:
    assert Mail.of(Settings(**GOOD)) is not None
    with pytest.raises(SkyformError, match=match):
        Mail.of(Settings(**{**GOOD, **wrong}))
