"""Kept results to vote on, without waiting for a route to make them."""

import io
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
from fakes import FakeClassifier, picture
from fastapi.testclient import TestClient
from PIL import Image
from visits import store_of

from skyform.server.contract import Classification
from skyform.store import SessionRow
from skyform.store.images import keep_image
from skyform.store.owners import Owner
from skyform.store.results import NewResult, add_result, change_result

NOW = datetime.now(UTC)


def drawn(seed: int, *, round: bool = True, format: str = "JPEG") -> bytes:
    """A picture of its own: a round glow, or a streak."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:96j, -1:1:96j]
    r = np.hypot(x, y * (1.2 if round else 6.0)) / rng.uniform(0.1, 0.2)
    glow = 220 * np.exp(-r)[..., None] * np.array([1.0, 0.9, 0.75])
    pixels = np.clip(glow + rng.normal(10, 2, (96, 96, 3)), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, format)
    return out.getvalue()


def somebody(client: TestClient) -> Owner:
    """A visitor with a session of their own, somewhere else."""
    id = uuid4().hex
    row = SessionRow(
        id=id,
        secret_hash=uuid4().hex * 2,
        user_id=None,
        created_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW.replace(year=NOW.year + 1),
    )
    with store_of(client).database.transaction() as session:
        session.add(row)
    return Owner(session=id)


def keep(
    client: TestClient,
    *,
    owner: Owner | None = None,
    shared: bool = True,
    data: bytes | None = None,
    kind: str = "galaxy",
    uncertainty: float = 0.2,
) -> str:
    """A kept result of a barred spiral, of somebody unless `owner` says whose; gives its id."""
    prediction = FakeClassifier(kind=kind).classify(picture())
    said = Classification.of(prediction, request_id="r")
    owner = owner or somebody(client)
    store = store_of(client)
    with store.database.transaction() as session:
        digest = keep_image(session, store.objects, data or picture(), media_type="image/png")
        row = add_result(
            session,
            owner,
            NewResult(
                image_digest=digest,
                title="Holiday with Anna",
                model=said.model,
                sentence=said.sentence,
                classification=said.model_dump(mode="json"),
                kind=kind,
                confidence=0.97,
                uncertainty=uncertainty,
            ),
            now=datetime.now(UTC),
        )
        change_result(row, shared=shared)
        return row.id
