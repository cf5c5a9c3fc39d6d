"""The Ray engine's side of the bargain, with a stand-in for Ray; benchmarks/batch_ray.py tries a real cluster."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from listed import ListedSource
from made_up_models import made_up_model

from skyform.batch import ray_engine
from skyform.batch.classifying import classify_part
from skyform.batch.engine import Engine
from skyform.batch.places import LocalPlace
from skyform.batch.ray_engine import RayEngine
from skyform.batch.work import Work, part_name
from skyform.errors import BatchError, MissingExtraError, OutputError


class RayError(Exception):
    """As in Ray: a process or a node is gone."""


class RayTaskError(RayError):
    """As in Ray: the task raised `cause`."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Died(BaseException):
    """What a task raises here instead of killing its process."""


@dataclass
class FakeRay:
    """Runs tasks when they are asked for. `cores` may change as nodes come and go."""

    cores: int = 2
    cluster: bool = True
    started: bool = False
    most_flying: int = 0
    cancelled: int = 0
    tasks: dict[Any, Callable[[], Any]] = field(default_factory=dict)
    flying: list[Any] = field(default_factory=list)
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
    )

    def is_initialized(self) -> bool:
        return self.started

    def init(self, **options: Any) -> None:
        if not self.cluster:
            raise ConnectionError(f"Could not find {options['address']}\nand much more")
        self.started = True

    def shutdown(self) -> None:
        self.started = False

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": float(self.cores)}

    def put(self, value: Any) -> Any:
        return value

    def remote(self, **options: Any) -> Callable[[Any], Any]:
        def make(function: Any) -> Any:
            def start(*given: Any) -> Any:
                ref = object()
                self.flying.append(ref)
                self.tasks[ref] = lambda: function(*given)
                self.most_flying = max(self.most_flying, len(self.flying))
                return ref

            return SimpleNamespace(remote=start)

        return make

    def wait(self, refs: list[Any], *, num_returns: int) -> tuple[list[Any], list[Any]]:
        return refs[-1:], refs[:-1]

    def get(self, ref: Any) -> Any:
        self.flying.remove(ref)
        try:
            return self.tasks.pop(ref)()
        except Died:
            raise RayError("The worker died.") from None
        except Exception as error:
            raise RayTaskError(error) from error

    def cancel(self, ref: Any, *, force: bool) -> None:
        self.cancelled += 1


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    fake = FakeRay()
    monkeypatch.setattr(ray_engine, "import_module", lambda name: fake)
    return fake


class TrapSource(ListedSource):
    """Deadly items raise what the stand-in takes for a death."""

    def _item(self, i: int) -> Any:
        if i in self.deadly:
            item = replace(self, deadly=())._item(i)
            return replace(item, image=_Trap())
        return super()._item(i)


class _Trap(bytes):
    def __len__(self) -> int:
        raise Died


def work_for(source: ListedSource, tmp_path: Path, *, name: str = "out") -> Work:
    model = tmp_path / "m.onnx"
    if not model.exists():
        made_up_model(model)
    return Work(f"{tmp_path}/{name}", source, LocalPlace(tmp_path / name), str(model), batch_size=4)


def test_all_parts_are_done_and_are_those_of_one_process(tmp_path: Path, ray: FakeRay) -> None:
    source = ListedSource(33, str(tmp_path), bad=(3,))
    work = work_for(source, tmp_path)
    engine = RayEngine(address="auto")
    assert isinstance(engine, Engine)
    results = list(engine.run(source.parts(4), work))
    assert sorted(r.number for r in results) == list(range(9))
    assert sum(r.rows for r in results) == 33
    assert ray.most_flying == 4
    for part in source.parts(4):
        rows = pq.read_table(tmp_path / "out" / part_name(part.number)).to_pylist()
        assert rows == classify_part(work, part).to_pylist()
    engine.close()
    assert not ray.started


def test_the_picture_that_kills_is_found(tmp_path: Path, ray: FakeRay) -> None:
    source = TrapSource(12, str(tmp_path), deadly=(7,))
    work = work_for(source, tmp_path)
    results = list(RayEngine(workers=1).run(source.parts(6), work))
    assert sorted((r.number, r.failed) for r in results) == [(0, 0), (1, 1)]
    assert ray.most_flying <= 2
    errors = pq.read_table(tmp_path / "out" / part_name(1))["error"].to_pylist()
    assert [e.partition(":")[0] for e in errors] == ["", "worker-died", "", "", "", ""]


def test_an_error_that_is_no_picture_s_ends_the_run(tmp_path: Path, ray: FakeRay) -> None:
    source = ListedSource(12, str(tmp_path))
    work = work_for(source, tmp_path)
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(OutputError, match="part-0000"):
        list(RayEngine().run(source.parts(2), work))
    assert ray.cancelled == 3

    class Faulty(ListedSource):
        def read(self, part: Any) -> Any:
            raise KeyError("what")

    with pytest.raises(BatchError, match=r"A part failed: KeyError: 'what'.*goes on"):
        list(RayEngine().run(source.parts(2), work_for(Faulty(4, ""), tmp_path, name="other")))


def test_a_cluster_that_is_not_there_is_told(ray: FakeRay) -> None:
    ray.cluster = False
    with pytest.raises(BatchError, match=r"No Ray cluster at head:6379: Could not find head:6379 "):
        RayEngine(address="head:6379")
    with pytest.raises(ValueError, match="workers is 0"):
        RayEngine(workers=0)


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(ray_engine, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'skyform\[ray\]'"):
        RayEngine()


@pytest.mark.skipif("SKYFORM_TEST_RAY" not in os.environ, reason="starts a real Ray cluster")
def test_a_real_cluster_makes_the_same_table(tmp_path: Path) -> None:
    source = ListedSource(20, str(tmp_path), bad=(3,))
    work = work_for(source, tmp_path)
    engine = RayEngine(workers=2)
    try:
        results = list(engine.run(source.parts(8), work))
    finally:
        engine.close()
    assert sum(r.rows for r in results) == 20
    for part in source.parts(8):
        rows = pq.read_table(tmp_path / "out" / part_name(part.number)).to_pylist()
        assert rows == classify_part(work, part).to_pylist()
