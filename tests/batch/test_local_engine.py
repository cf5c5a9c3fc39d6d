"""Processes that die are replaced, and what kills them is found."""

from collections.abc import Callable
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from listed import ListedSource
from made_up_models import made_up_model

from skyform.batch.classifying import PartClassifier, classify_part
from skyform.batch.deaths import Deaths
from skyform.batch.engine import Engine
from skyform.batch.items import Part
from skyform.batch.local import LocalEngine, usable_cores
from skyform.batch.places import LocalPlace
from skyform.batch.work import Job, Work, part_name
from skyform.errors import BatchError, ModelError, OutputError


def work_for(source: ListedSource, tmp_path: Path) -> Work:
    model = tmp_path / "m.onnx"
    if not model.exists():
        made_up_model(model)
    return Work(
        "x", source, LocalPlace(tmp_path / "out"), str(model), batch_size=4, schema="friendly"
    )


def written(tmp_path: Path, part: int) -> list[dict[str, object]]:
    return pq.read_table(tmp_path / "out" / part_name(part)).to_pylist()


def test_two_processes_do_all_parts_and_stay_on_their_cores(tmp_path: Path) -> None:
    source = ListedSource(30, str(tmp_path), bad=(7,))
    work = work_for(source, tmp_path)
    engine = LocalEngine(workers=2)
    assert isinstance(engine, Engine)
    results = sorted(engine.run(source.parts(8), work), key=lambda r: r.number)
    assert [(r.rows, r.failed) for r in results] == [(8, 1), (8, 0), (8, 0), (6, 0)]
    for part in source.parts(8):
        assert written(tmp_path, part.number) == classify_part(work, part).to_pylist()
    assert {p.suffix for p in (tmp_path / "out" / "parts").iterdir()} == {".parquet"}


def test_a_process_that_dies_once_costs_nothing(tmp_path: Path) -> None:
    source = ListedSource(12, str(tmp_path), once=(5,))
    work = work_for(source, tmp_path)
    results = list(LocalEngine(workers=1).run(source.parts(6), work))
    assert sorted(r.number for r in results) == [0, 1]
    assert sum(r.failed for r in results) == 0
    assert (tmp_path / "died-5").exists()


def test_a_picture_that_kills_becomes_a_row_with_an_error(tmp_path: Path) -> None:
    source = ListedSource(3, str(tmp_path), deadly=(1,))
    work = work_for(source, tmp_path)
    results = list(LocalEngine(workers=1).run(source.parts(3), work))
    assert [(r.rows, r.failed) for r in results] == [(3, 1)]
    rows = written(tmp_path, 0)
    assert str(rows[1]["error"]).startswith("worker-died: ")
    assert rows[1]["id"] == "item-1"
    harmless = work_for(replace(source, deadly=(), bad=(1,)), tmp_path)
    others = classify_part(harmless, next(source.parts(3))).to_pylist()
    assert [rows[0], rows[2]] == [others[0], others[2]]


def test_a_picture_without_end_becomes_a_row_with_an_error(tmp_path: Path) -> None:
    source = ListedSource(3, str(tmp_path), endless=(1,))
    work = replace(work_for(source, tmp_path), patience=0.5)
    results = list(LocalEngine(workers=1).run(source.parts(3), work))
    assert [(r.rows, r.failed) for r in results] == [(3, 1)]
    assert "came to no end" in str(written(tmp_path, 0)[1]["error"])


def test_what_goes_wrong_with_the_disk_or_the_model_ends_the_run(tmp_path: Path) -> None:
    source = ListedSource(4, str(tmp_path))
    work = work_for(source, tmp_path)
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="part-000000"):
        list(LocalEngine(workers=1).run(source.parts(4), work))
    with pytest.raises(ModelError, match="gone"):
        list(LocalEngine(workers=1).run(source.parts(4), replace(work, model="gone.onnx")))


def test_workers_must_be_there() -> None:
    with pytest.raises(ValueError, match="workers is 0"):
        LocalEngine(workers=0)
    assert LocalEngine().workers == len(usable_cores())


def killing(*killers: int, reading: tuple[int, ...] = ()) -> Callable[[Job], bool]:
    """Whether a process would live through a job."""

    def survives(job: Job) -> bool:
        start, end = job.within or (0, job.part.count)
        if job.stop is not None:
            end = min(end, job.stop)
        touched = [k for k in killers if start <= k < end and k not in job.skip]
        return not touched and not [k for k in reading if k < end]

    return survives


@pytest.mark.parametrize("count", [1, 2, 7, 100, 2048])
def test_the_killer_is_found_wherever_it_is(count: int) -> None:
    for killer in {0, count // 2, count - 1}:
        deaths, survives = Deaths(), killing(killer)
        job = Job(Part(3, count, {}))
        again = deaths.next(job, survives=survives)
        assert again == job
        found = deaths.next(again, survives=survives)
        assert found.skip == (killer,)
        assert survives(found)


def test_several_killers_are_found_one_by_one() -> None:
    survives = killing(3, 90, 91)
    deaths, job = Deaths(), Job(Part(0, 100, {}))
    while not survives(job):
        job = deaths.next(job, survives=survives)
    assert sorted(job.skip) == [3, 90, 91]
    assert job.stop is None


def test_an_item_that_kills_the_reader_ends_the_part() -> None:
    survives = killing(5, reading=(40,))
    deaths, job = Deaths(), Job(Part(0, 100, {}))
    while not survives(job):
        job = deaths.next(job, survives=survives)
    assert (5 in job.skip, job.stop) == (True, 40)


def test_deaths_without_a_killer_end_the_run() -> None:
    deaths, job = Deaths(), Job(Part(9, 64, {}))
    for _ in range(4):
        assert deaths.next(job, survives=lambda job: True) == job
    with pytest.raises(BatchError, match=r"Part 9 killed its process 5 times.*--workers"):
        deaths.next(job, survives=lambda job: True)


def test_too_many_killers_end_the_run() -> None:
    survives = killing(*range(50))
    deaths, job = Deaths(), Job(Part(1, 64, {}))
    while len(job.skip) < 20:
        job = deaths.next(job, survives=survives)
    with pytest.raises(BatchError, match="More than 20 pictures of part 1"):
        deaths.next(job, survives=survives)


def test_a_part_whose_reader_dies_keeps_what_came_before(tmp_path: Path) -> None:
    source = ListedSource(5, str(tmp_path))
    work = work_for(source, tmp_path)
    part = Part(0, 5, {"start": 0, "end": 5})
    stopped = PartClassifier(work).classify(Job(part, skip=(1,), stop=3)).table.to_pylist()
    assert [r["id"] for r in stopped] == ["item-0", "item-1", "item-2", "part-000000#3"]
    assert [bool(r["error"]) for r in stopped] == [False, True, False, True]
    nothing = PartClassifier(work).classify(Job(part, stop=0)).table.to_pylist()
    assert [r["id"] for r in nothing] == ["part-000000#0"]


def test_closing_the_run_ends_the_processes(tmp_path: Path) -> None:
    source = ListedSource(40, str(tmp_path))
    others = set(active_children())  # of tests before this one
    results = LocalEngine(workers=2).run(source.parts(2), work_for(source, tmp_path))
    next(results)
    assert len(set(active_children()) - others) == 2
    results.close()  # type: ignore[attr-defined]
    assert not set(active_children()) - others
    assert not list((tmp_path / "out").rglob("*.tmp-*"))
