"""Jobs in the store: who may work on what, whose word counts, and what is left of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from skyform.errors import CursorError
from skyform.store import ImageRow, JobRow, SessionRow, Store
from skyform.store.ids import new_id
from skyform.store.jobs import (
    MOST_ATTEMPTS,
    Claim,
    add_item,
    add_job,
    claim_items,
    count_waiting,
    delete_job,
    finish_item,
    finished_after,
    give_up_items,
    is_work_waiting,
    list_items,
    list_jobs,
    own_job,
    read_item,
    release_items,
    renew_claims,
    start_job,
)
from skyform.store.owners import Owner

MINUTE = timedelta(minutes=1)


@pytest.fixture
def owner(store: Store, now: datetime) -> Owner:
    with store.database.transaction() as session:
        row = SessionRow(
            id=new_id(),
            secret_hash="x" * 64,
            user_id=None,
            created_at=now,
            last_seen_at=now,
            expires_at=now + 900 * MINUTE,
        )
        session.add(row)
        return Owner(session=row.id)


def job(store: Store, owner: Owner, *, pictures: int, now: datetime, start: bool = True) -> str:
    with store.database.transaction() as session:
        id = add_job(session, owner, title="made up", model="fake@1", now=now)
    for n in range(pictures):
        with store.database.transaction() as session:
            add_item(
                session,
                store.objects,
                id,
                position=n,
                name=f"picture {n}",
                data=f"{id} {n}".encode(),
                media_type="image/png",
            )
    if start:
        with store.database.transaction() as session:
            start_job(session, id, total=pictures, expires_at=now + 90 * MINUTE)
    return id


def claim(store: Store, process: str, *, now: datetime, most: int = 99) -> list[Claim]:
    with store.database.transaction() as session:
        return claim_items(session, process, most=most, now=now, until=now + MINUTE)


def finish(
    store: Store, claimed: Claim, process: str, *, now: datetime, error: bool = False
) -> bool:
    with store.database.transaction() as session:
        return finish_item(
            session,
            claimed,
            process=process,
            classification=None if error else {"id": claimed.name},
            error={"code": "made-up"} if error else None,
            now=now,
        )


def found(store: Store, id: str) -> JobRow:
    with store.database.reading() as session:
        return session.get_one(JobRow, id)


def test_a_job_from_beginning_to_end(store: Store, owner: Owner, now: datetime) -> None:
    id = job(store, owner, pictures=3, now=now)
    claims = claim(store, "a", now=now)
    assert [c.position for c in claims] == [0, 1, 2]
    assert finish(store, claims[2], "a", now=now)
    assert (found(store, id).status, found(store, id).done) == ("running", 1)
    assert finish(store, claims[0], "a", now=now, error=True)
    assert finish(store, claims[1], "a", now=now + MINUTE)
    row = found(store, id)
    assert (row.status, row.done, row.failed) == ("done", 3, 1)
    assert row.finished_at == now + MINUTE
    with store.database.reading() as session:
        order = finished_after(session, id, sequence=0, limit=9)
        assert [(i.position, i.sequence) for i in order] == [(2, 1), (0, 2), (1, 3)]
        assert [i.position for i in finished_after(session, id, sequence=1, limit=1)] == [0]
        assert count_waiting(session) == 0
        assert not is_work_waiting(session, now=now)


def test_no_picture_is_claimed_twice_however_many_ask(
    store: Store, owner: Owner, now: datetime
) -> None:
    for _ in range(2):
        job(store, owner, pictures=10, now=now)

    def work(number: int) -> list[tuple[str, int]]:
        mine: list[tuple[str, int]] = []
        while claims := claim(store, f"process {number}", now=now, most=3):
            mine += [(c.job_id, c.position) for c in claims]
        return mine

    with ThreadPoolExecutor(4) as processes:
        everyones = [c for mine in processes.map(work, range(4)) for c in mine]
    assert len(everyones) == len(set(everyones)) == 20


def test_jobs_take_turns(store: Store, owner: Owner, now: datetime) -> None:
    long = job(store, owner, pictures=9, now=now)
    short = job(store, owner, pictures=2, now=now + MINUTE)
    claims = claim(store, "a", now=now, most=4)
    assert sorted((c.job_id, c.position) for c in claims) == sorted(
        [(long, 0), (short, 0), (long, 1), (short, 1)]
    )


def test_a_claim_runs_out_and_the_late_one_is_not_believed(
    store: Store, owner: Owner, now: datetime
) -> None:
    job(store, owner, pictures=1, now=now)
    (first,) = claim(store, "a", now=now)
    assert claim(store, "b", now=now + MINUTE / 2) == []
    with store.database.transaction() as session:
        renew_claims(session, "a", claims=[first], until=now + 3 * MINUTE)
        # What is not named is not held on to: its work has failed.
        renew_claims(session, "a", claims=[], until=now + 99 * MINUTE)
    assert claim(store, "b", now=now + 2 * MINUTE) == []
    (second,) = claim(store, "b", now=now + 4 * MINUTE)
    assert second == first
    assert not finish(store, first, "a", now=now)
    assert finish(store, second, "b", now=now)
    assert not finish(store, second, "b", now=now)
    assert found(store, first.job_id).done == 1


def test_what_is_put_back_is_free_at_once_and_was_no_attempt(
    store: Store, owner: Owner, now: datetime
) -> None:
    job(store, owner, pictures=2, now=now)
    for _ in range(MOST_ATTEMPTS + 2):
        assert len(claim(store, "a", now=now)) == 2
        with store.database.transaction() as session:
            release_items(session, "a")


def test_what_processes_die_of_is_given_up(store: Store, owner: Owner, now: datetime) -> None:
    id = job(store, owner, pictures=1, now=now)
    for n in range(MOST_ATTEMPTS):
        now += 2 * MINUTE
        assert len(claim(store, f"process {n}", now=now)) == 1
    with store.database.transaction() as session:
        assert give_up_items(session, now=now, error={"code": "x"}) == 0
    now += 2 * MINUTE
    assert claim(store, "another", now=now) == []
    with store.database.transaction() as session:
        assert is_work_waiting(session, now=now)
        assert give_up_items(session, now=now, error={"code": "x"}) == 1
    row = found(store, id)
    assert (row.status, row.failed) == ("done", 1)


def test_nobody_sees_or_works_on_a_job_that_is_arriving(
    store: Store, owner: Owner, now: datetime
) -> None:
    id = job(store, owner, pictures=2, now=now, start=False)
    assert claim(store, "a", now=now) == []
    with store.database.reading() as session:
        assert own_job(session, id, owner=owner) is None
        assert list_jobs(session, owner, cursor=None, limit=9).total == 0


def test_a_job_that_is_deleted_while_it_is_worked_on(
    store: Store, owner: Owner, now: datetime
) -> None:
    id = job(store, owner, pictures=2, now=now)
    claims = claim(store, "a", now=now)
    with store.database.transaction() as session:
        assert not delete_job(session, store.objects, id, owner=Owner(session=new_id()))
        assert delete_job(session, store.objects, id, owner=owner)
    assert not finish(store, claims[0], "a", now=now)
    with store.database.reading() as session:
        assert session.get(ImageRow, claims[0].image_digest) is None


def test_items_a_page_at_a_time(store: Store, owner: Owner, now: datetime) -> None:
    id = job(store, owner, pictures=5, now=now)
    with store.database.reading() as session:
        page = list_items(session, id, cursor=None, limit=3)
        assert ([i.position for i in page.items], page.total) == ([0, 1, 2], 5)
        rest = list_items(session, id, cursor=page.next, limit=3)
        assert ([i.position for i in rest.items], rest.next) == ([3, 4], None)
        assert list_items(session, id, status="done", cursor=None, limit=3).total == 0
        for wrong in ("x", "-1", "9" * 10, "٣", ""):
            with pytest.raises(CursorError):
                list_items(session, id, cursor=wrong, limit=3)
        assert read_item(session, id, 4) is not None
        for none in (5, -1, 2**40):
            assert read_item(session, id, none) is None
