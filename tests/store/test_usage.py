"""How much of the store one visitor takes up."""

from datetime import datetime

from made_up_rows import result, user, visitor

from skyform.store import JobItemRow, Store
from skyform.store.jobs import add_item, add_job
from skyform.store.owners import Owner
from skyform.store.usage import ANSWER_BYTES, bytes_kept, pictures_waiting


def test_results_and_jobs_of_one_owner_count(store: Store, now: datetime):
    with store.database.transaction() as session:
        vera, other = user(session, now=now), visitor(session, now=now)
        for title in ("NGC 1", "again"):
            result(session, store, vera, now=now, picture=b"x" * 100, title=title)
        result(session, store, other, now=now, picture=b"y" * 5)
        job = add_job(session, vera, title="two", model="fake@1", now=now)
        for position in range(2):
            add_item(
                session,
                store.objects,
                job,
                position=position,
                name="a",
                data=b"z" * 10,
                media_type="image/png",
            )
        session.flush()
        assert bytes_kept(session, vera) == 220 + 4 * ANSWER_BYTES
        assert bytes_kept(session, other) == 5 + ANSWER_BYTES
        assert bytes_kept(session, Owner()) == 0
        assert (pictures_waiting(session, vera), pictures_waiting(session, other)) == (2, 0)
        session.get_one(JobItemRow, (job, 0)).status = "done"
        session.flush()
        assert pictures_waiting(session, vera) == 1
