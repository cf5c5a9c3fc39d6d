"""Never lose, never repeat: runs that are interrupted, changed, shared, and short of room."""

import errno
import json
import multiprocessing
import re
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from listed import CATALOGUE, InlineEngine, ListedSource, picture_files
from made_up_models import made_up_model

from skyform.batch.items import Source
from skyform.batch.locks import Share, claimed, setting_up
from skyform.batch.manifest import Manifest, differences
from skyform.batch.places import LocalPlace, open_place
from skyform.batch.progress import Pace, Pulse
from skyform.batch.run import Outcome, Settings, run_batch
from skyform.batch.sources import SourceOptions, open_source
from skyform.errors import BatchError, OutputError
from skyform.search import ParquetEmbeddings


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(made_up_model(tmp_path_factory.mktemp("m") / "m.onnx"))


def go(
    source: Source, to: Path, model: str, *, engine: InlineEngine | None = None, **how: Any
) -> Outcome:
    settings = Settings(model=model, **{"part_size": 5, "batch_size": 4, **how})
    return run_batch(source, to=str(to), engine=engine or InlineEngine(), settings=settings)


def table_in(to: Path) -> pa.Table:
    return pa.concat_tables(pq.read_table(p) for p in sorted((to / "parts").iterdir()))


def test_a_run_writes_every_row_once_and_sums_up(tmp_path: Path, model: str) -> None:
    source = ListedSource(23, str(tmp_path), bad=(3, 4), columns=CATALOGUE)
    outcome = go(source, tmp_path / "out", model, embeddings=True)
    assert (outcome.rows, outcome.failed, outcome.earlier, outcome.complete) == (23, 2, 0, True)
    table = table_in(tmp_path / "out")
    assert table["id"].to_pylist() == [f"item-{i}" for i in range(23)]
    assert table["mag"].to_pylist() == [15.5 + i for i in range(23)]
    assert table["catalogue_id"].to_pylist() == [2**60 + i for i in range(23)]
    assert len(list((tmp_path / "out" / "embeddings").iterdir())) == 5
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (summary["rows"], summary["classified"], summary["failed"]) == (23, 21, 2)
    assert summary["errors"]["unknown-format"]["examples"][0][0] == "item-3"
    assert "unknown-format" in (tmp_path / "out" / "summary.md").read_text()
    assert not list((tmp_path / "out").rglob("*.tmp-*"))
    # What search carries along: positions and the catalogue's numbers, not the network's.
    carried = ParquetEmbeddings(tmp_path / "out").columns
    assert {"ra", "dec", "mag", "catalogue_id"} <= set(carried)
    assert "kind_confidence" not in carried


def test_the_summary_counts_positions_that_could_not_be_read(tmp_path: Path, model: str) -> None:
    pictures = picture_files(tmp_path / "p", 3)
    rows = "".join(f"{p},{ra},1\n" for p, ra in zip(pictures, (5, -999, "x"), strict=True))
    (tmp_path / "cat.csv").write_text("path,ra,dec\n" + rows)
    source = open_source(str(tmp_path / "cat.csv"), options=SourceOptions(ra_column="ra"))
    outcome = go(source, tmp_path / "out", model, part_size=2)
    assert outcome.tally is not None
    assert (outcome.tally.misplaced, outcome.failed) == (2, 0)
    assert table_in(tmp_path / "out")["ra"].to_pylist() == [5.0, None, None]
    assert table_in(tmp_path / "out")["dec"].to_pylist() == [1.0, None, None]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["misplaced"] == 2
    text = (tmp_path / "out" / "summary.md").read_text()
    assert "The position of 2 rows could not be read" in text
    assert "3 rows in 2 parts" in text


def test_repeated_ids_are_counted_over_all_parts(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = picture_files(tmp_path / "p", 5)
    rows = "".join(f"{p},{id}\n" for p, id in zip(pictures, "abaca", strict=True))
    (tmp_path / "cat.csv").write_text("path,id\n" + rows)
    source = open_source(str(tmp_path / "cat.csv"))
    assert go(source, tmp_path / "out", model, part_size=2).repeated == 2
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["repeated_ids"] == 2
    assert "2 rows have the id of an earlier row" in (tmp_path / "out/summary.md").read_text()
    monkeypatch.setattr("skyform.batch.repeats._MOST", 4)
    assert go(source, tmp_path / "many", model, part_size=2).repeated is None
    assert "was not looked for" in (tmp_path / "many/summary.md").read_text()


def test_an_interrupted_run_goes_on_to_the_same_table(tmp_path: Path, model: str) -> None:
    source = ListedSource(23, str(tmp_path), bad=(7,))
    go(source, tmp_path / "whole", model)
    for parts in (0, 2, 1):
        with pytest.raises(KeyboardInterrupt):
            go(source, tmp_path / "out", model, engine=InlineEngine(parts))
    engine = InlineEngine()
    outcome = go(source, tmp_path / "out", model, engine=engine)
    assert engine.done == [3, 4]
    assert (outcome.rows, outcome.earlier) == (8, 15)
    assert table_in(tmp_path / "out").equals(table_in(tmp_path / "whole"))
    again = InlineEngine()
    assert go(source, tmp_path / "out", model, engine=again).rows == 0
    assert again.done == []
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["rows"] == 23


def test_failed_rows_are_tried_anew_if_asked(tmp_path: Path, model: str) -> None:
    pictures = picture_files(tmp_path / "p", 12)
    away = [pictures[2], pictures[9]]
    for path in away:
        path.rename(path.with_suffix(".away"))
    (tmp_path / "list.txt").write_text("".join(f"{p}\n" for p in pictures))
    source = open_source(str(tmp_path / "list.txt"))
    out = tmp_path / "out"
    assert go(source, out, model, format="csv", embeddings=True).failed == 2
    for path in away:
        path.with_suffix(".away").rename(path)
    assert go(source, out, model, format="csv", embeddings=True).rows == 0
    untouched = (out / "parts/part-000002.parquet").stat().st_mtime_ns

    def again(stop_after: int | None = None) -> list[int]:
        engine = InlineEngine(stop_after)
        go(source, out, model, engine=engine, format="csv", embeddings=True, retry_failed=True)
        return engine.done

    with pytest.raises(KeyboardInterrupt):
        again(1)
    # The plain command finds nothing to do, and brings what was made of all parts up to date.
    assert go(source, out, model, format="csv", embeddings=True).rows == 0
    assert json.loads((out / "summary.json").read_text())["failed"] == 1
    assert again() == [1]
    assert (out / "parts/part-000002.parquet").stat().st_mtime_ns == untouched
    assert json.loads((out / "summary.json").read_text())["failed"] == 0
    assert "unreadable-file" not in (out / "predictions.csv").read_text()
    assert set(table_in(out)["error"].to_pylist()) == {""}
    features = pa.concat_tables(pq.read_table(p) for p in sorted((out / "embeddings").iterdir()))
    assert features["embedding"].null_count == 0
    assert again() == []
    assert not list((out / ".skyform").glob("retry-*"))


def test_trying_anew_needs_the_same_run(tmp_path: Path, model: str) -> None:
    go(ListedSource(4, str(tmp_path), bad=(1,)), tmp_path / "out", model)
    other = ListedSource(4, str(tmp_path), fingerprint="1")
    with pytest.raises(BatchError, match="begun with something else"):
        go(other, tmp_path / "out", model, retry_failed=True)
    outcome = go(other, tmp_path / "out", model, begin="resume", retry_failed=True)
    assert (outcome.rows, outcome.failed) == (4, 0)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"schema": "full"}, "parameters.schema"),
        ({"part_size": 6}, "parameters.part_size: 5 then, 6 now"),
        ({"embeddings": True}, "parameters.embeddings"),
    ],
)
def test_a_changed_parameter_refuses_and_says_which(
    tmp_path: Path, model: str, changed: dict[str, Any], named: str
) -> None:
    source = ListedSource(6, str(tmp_path))
    go(source, tmp_path / "out", model)
    before = table_in(tmp_path / "out")
    for begin in ("continue", "resume"):
        with pytest.raises(BatchError, match=named):
            go(source, tmp_path / "out", model, begin=begin, **changed)
    assert table_in(tmp_path / "out").equals(before)
    assert go(source, tmp_path / "out", model, begin="restart", **changed).rows == 6


def test_another_model_refuses(tmp_path: Path, model: str) -> None:
    source = ListedSource(6, str(tmp_path))
    go(source, tmp_path / "out", model)
    other = made_up_model(tmp_path / "other.onnx", version="2")
    with pytest.raises(BatchError, match=r"model.id: .made-up@1. then, .made-up@2. now") as error:
        go(source, tmp_path / "out", str(other))
    assert "model.sha256" in str(error.value)
    assert "--restart" in error.value.remedy


def test_a_source_that_has_grown_goes_on_only_when_told_so(tmp_path: Path, model: str) -> None:
    source = ListedSource(12, str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        go(source, tmp_path / "out", model, engine=InlineEngine(1))
    grown = replace(source, count=40, fingerprint="1")
    with pytest.raises(BatchError, match=r"source.fingerprint(.|\n)*--resume goes on"):
        go(grown, tmp_path / "out", model)
    outcome = go(grown, tmp_path / "out", model, begin="resume")
    assert outcome.tally is not None
    assert outcome.tally.rows == 12
    assert go(grown, tmp_path / "out", model, begin="restart").rows == 40


def test_restart_takes_away_what_a_run_has_written_and_nothing_else(
    tmp_path: Path, model: str
) -> None:
    to = tmp_path / "out"
    go(ListedSource(30, str(tmp_path)), to, model, embeddings=True, format="csv")
    (to / "parts" / "notes.txt").write_text("mine")
    (to / "letter.md").write_text("mine")
    go(ListedSource(4, str(tmp_path)), to, model, begin="restart")
    assert sorted(p.name for p in to.rglob("*") if p.is_file() and ".skyform" not in p.parts) == [
        "letter.md",
        "manifest.json",
        "notes.txt",
        "part-000000.parquet",
        "summary.json",
        "summary.md",
    ]


def test_parts_without_a_manifest_are_not_taken_for_done(tmp_path: Path, model: str) -> None:
    source = ListedSource(6, str(tmp_path))
    go(source, tmp_path / "out", model)
    (tmp_path / "out" / "manifest.json").unlink()
    with pytest.raises(BatchError, match=r"manifest.json' is missing.*--restart"):
        go(source, tmp_path / "out", model)
    assert go(source, tmp_path / "out", model, begin="restart").rows == 6
    (tmp_path / "out" / "manifest.json").write_text("{}")
    with pytest.raises(BatchError, match="no manifest of a run"):
        go(source, tmp_path / "out", model)


def test_what_a_killed_process_left_is_swept_away(tmp_path: Path, model: str) -> None:
    source = ListedSource(12, str(tmp_path))
    with pytest.raises(KeyboardInterrupt):
        go(source, tmp_path / "out", model, engine=InlineEngine(1))
    for name in ("parts/part-000001.parquet.tmp-17-ab12cd34", "predictions.csv.tmp-17-ab12cd34"):
        (tmp_path / "out" / name).write_bytes(b"half")
    go(source, tmp_path / "out", model)
    assert not list((tmp_path / "out").rglob("*.tmp-*"))


def test_shares_of_an_array_make_one_run(tmp_path: Path, model: str) -> None:
    source = ListedSource(23, str(tmp_path))
    go(source, tmp_path / "whole", model)
    outcomes = [
        go(source, tmp_path / "out", model, share=Share(i, 3), format="csv") for i in (2, 3, 1)
    ]
    assert [o.complete for o in outcomes] == [False, False, True]
    assert sum(o.rows for o in outcomes) == 23
    assert table_in(tmp_path / "out").equals(table_in(tmp_path / "whole"))
    assert (tmp_path / "out" / "predictions.csv").read_text().count("item-") == 23
    with pytest.raises(ValueError, match="part is 4/3"):
        Share(4, 3)


def _hold(to: str, share: tuple[int, int], ready: Any, enough: Any) -> None:
    place = LocalPlace(Path(to))
    with claimed(place, Share(*share)):
        ready.set()
        enough.wait(60)


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[Any]:
    """Holds shares in another process."""
    context = multiprocessing.get_context("spawn")
    enough = context.Event()
    started: list[Any] = []

    def hold(share: tuple[int, int]) -> None:
        ready = context.Event()
        process = context.Process(
            target=_hold, args=(str(tmp_path / "out"), share, ready, enough), daemon=True
        )
        process.start()
        started.append(process)
        assert ready.wait(60)

    yield hold
    enough.set()
    for process in started:
        process.join(20)


def test_two_runs_never_work_in_one_place(tmp_path: Path, model: str, other_process: Any) -> None:
    place = LocalPlace(tmp_path / "out")
    other_process((1, 2))
    with pytest.raises(BatchError, match="Another process is at work"):
        go(ListedSource(6, str(tmp_path)), tmp_path / "out", model)
    with pytest.raises(BatchError, match="share 1/2"), claimed(place, Share(1, 2)):
        pass
    with claimed(place, Share(2, 2)), setting_up(place):
        pass
    with pytest.raises(BatchError, match="1 of 2"), claimed(place, Share(2, 2), alone=True):
        pass


def test_nothing_to_classify_is_an_error(tmp_path: Path, model: str) -> None:
    with pytest.raises(BatchError, match="nothing to classify in 'listed'"):
        go(ListedSource(0, str(tmp_path)), tmp_path / "out", model)


def test_a_full_disk_ends_the_run_cleanly_and_it_goes_on(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third part does not fit on the disk."""
    source = ListedSource(23, str(tmp_path))
    go(source, tmp_path / "whole", model)
    real, parts = LocalPlace.write, []

    def full(self: LocalPlace, name: str, data: bytes) -> None:
        if name.startswith("parts/"):
            parts.append(name)
        if len(parts) == 3:
            with self.writing(name) as file:
                file.write(data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
        real(self, name, data)

    monkeypatch.setattr(LocalPlace, "write", full)
    with pytest.raises(OutputError, match=r"No space left.*goes on where it stopped"):
        go(source, tmp_path / "out", model)
    monkeypatch.undo()
    assert sorted(p.name for p in (tmp_path / "out" / "parts").iterdir()) == [
        "part-000000.parquet",
        "part-000001.parquet",
    ]
    go(source, tmp_path / "out", model)
    assert table_in(tmp_path / "out").equals(table_in(tmp_path / "whole"))


def test_the_kernel_refusing_to_write_is_told(tmp_path: Path) -> None:
    place = LocalPlace(tmp_path / "out")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            place.write("parts/a", b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "out" / "parts").iterdir()) == []


def test_parts_that_went_elsewhere_are_missed(tmp_path: Path, model: str) -> None:
    class Elsewhere(InlineEngine):
        def run(self, parts: Any, work: Any) -> Any:
            elsewhere = replace(work, place=LocalPlace(tmp_path / "another machine"))
            yield from super().run(parts, elsewhere)

    with pytest.raises(BatchError, match="5 parts were reported as done, but are not in"):
        go(ListedSource(23, str(tmp_path)), tmp_path / "out", model, engine=Elsewhere())


def test_a_file_is_no_destination(tmp_path: Path) -> None:
    (tmp_path / "out.fits").touch()
    with pytest.raises(OutputError, match=r"--to is .*out.fits', which is a file"):
        open_place(str(tmp_path / "out.fits"))


def test_a_bucket_is_a_destination(tmp_path: Path, model: str) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    source = ListedSource(12, str(tmp_path))
    go(source, tmp_path / "whole", model, format="fits")
    settings = Settings(model=model, part_size=5, batch_size=4, format="fits")
    with pytest.raises(KeyboardInterrupt):
        run_batch(source, to="memory://sky/run", engine=InlineEngine(1), settings=settings)
    outcome = run_batch(source, to="memory://sky/run/", engine=InlineEngine(), settings=settings)
    assert (outcome.rows, outcome.earlier) == (7, 5)
    for name in ("parts/part-000001.parquet", "predictions.fits"):
        both = memory.cat_file(f"/sky/run/{name}"), (tmp_path / "whole" / name).read_bytes()
        there, here = (re.sub(rb"DATE    = '[^']*'", b"", data) for data in both)
        assert there == here
    settings = replace(settings, begin="restart")
    assert (
        run_batch(source, to="memory://sky/run", engine=InlineEngine(), settings=settings).rows
        == 12
    )


def test_an_unknown_protocol_is_told() -> None:
    pytest.importorskip("fsspec")
    with pytest.raises(OutputError, match="Cannot write to 'warp://x'"):
        open_place("warp://x")


def test_every_difference_is_named() -> None:
    one = Manifest({"address": "a", "fingerprint": "1"}, {"id": "m"}, {"schema": "full"})
    two = Manifest({"address": "a", "fingerprint": "2"}, {"id": "m"}, {"schema": "full", "x": 1})
    assert differences(one, one) == []
    assert differences(one, two) == [
        "parameters.x: null then, 1 now",
        'source.fingerprint: "1" then, "2" now',
    ]
    assert differences(one, two, tolerant=True) == ["parameters.x: null then, 1 now"]
    assert one.fingerprint != two.fingerprint


def test_pulses_tell_rate_and_time_left() -> None:
    pulses: list[Pulse] = []
    times = iter([0.0, 10.0, 10.0, 14.0])
    pace = Pace(pulses.append, clock=lambda: next(times))
    pace.begin("classifying", total=107, earlier=7)
    pace.tell(40, failed=2)
    assert pulses[0].seconds_left is None
    assert (pulses[1].rate, pulses[1].seconds_left, pulses[1].failed) == (10.0, 6.0, 2)
    line = json.loads(pulses[1].to_json())
    assert line["stage"] == "classifying"
    assert (line["done"], line["total"], line["earlier"]) == (40, 107, 7)
    assert line["seconds_left"] == 6.0


def test_the_time_to_start_does_not_count_for_the_rate() -> None:
    pulses: list[Pulse] = []
    times = iter([0.0, 0.0, 0.0, 10.0, 10.0])
    pace = Pace(pulses.append, clock=lambda: next(times))
    pace.begin("classifying", total=50, earlier=10)
    pace.first_took(4.0)
    pace.tell(20)
    assert (pulses[-1].rate, pulses[-1].seconds_left, pulses[-1].seconds) == (5.0, 4.0, 10.0)


def test_sizes_must_be_positive() -> None:
    with pytest.raises(ValueError, match="part_size is 0"):
        Settings(part_size=0)


@pytest.mark.skipif(not Path("/proc/version").is_file(), reason="needs Linux's /proc")
def test_a_destination_that_cannot_be_made_is_told(tmp_path: Path, model: str) -> None:
    with pytest.raises(OutputError, match=r"Cannot write '/proc/skyform-results.*may be written"):
        go(ListedSource(4, str(tmp_path)), Path("/proc/skyform-results"), model)


def test_locks_that_cannot_be_made_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    place = LocalPlace(tmp_path)
    with setting_up(place):
        pass
    monkeypatch.setattr("os.open", refused)
    with (
        pytest.raises(OutputError, match=r"setup.lock': Read-only file system"),
        setting_up(place),
    ):
        pass
