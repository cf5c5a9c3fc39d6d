"""Sources in an S3 bucket, by moto's server on this machine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from source_makers import (
    all_items,
    cold_items,
    galaxy10,
    opened,
    parquet_of_pictures,
    picture,
    tar_of,
)

from skyform.batch.sources.files import Files
from skyform.errors import DataError

# moto, botocore and aiohttp warn about each other's and their own ways.
pytestmark = pytest.mark.filterwarnings("ignore")

moto_server = pytest.importorskip("moto.server", reason="needs moto[server]")
s3fs = pytest.importorskip("s3fs", reason="needs skyform[cloud]")


@pytest.fixture(scope="module")
def bucket() -> Iterator[Any]:
    """A file system with the bucket `sky`; as from a shell, the environment says where and who."""
    server = moto_server.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        s3fs.S3FileSystem.clear_instance_cache()
        system = s3fs.S3FileSystem(use_listings_cache=False)
        system.mkdir("sky")
        yield system
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def put(bucket: Any, name: str, data: bytes) -> None:
    bucket.pipe_file(f"sky/{name}", data)


def test_a_folder_in_a_bucket(bucket: Any):
    names = ["f/b.png", "f/a.jpg", "f/x/2.png", "f/x/1.png", "f/.hidden.png", "f/notes.txt"]
    for i, name in enumerate(names):
        put(bucket, name, picture(i))
    put(bucket, "f/x/", b"")
    put(bucket, "f/z.png", b"")
    source = opened("s3://sky/f", wait=0.001)
    items = all_items(source)
    assert [i.id for i in items] == ["a.jpg", "b.png", "z.png", "x/1.png", "x/2.png"]
    assert [i.image for i in items] == [picture(1), picture(0), None, picture(3), picture(2)]
    assert items[0].path == "s3://sky/f/a.jpg"
    assert items[2].error.startswith("empty-file: ")
    assert cold_items(source) == items
    before = source.fingerprint
    put(bucket, "f/b.png", picture(99))
    assert opened("s3://sky/f").fingerprint != before


def test_patterns_in_a_bucket(bucket: Any):
    for i, name in enumerate(["p/a/1.png", "p/b/2.png", "p/b/3.fits"]):
        put(bucket, name, picture(i))
    assert [i.id for i in all_items(opened("s3://sky/p/*/*.png"))] == ["a/1.png", "b/2.png"]


def test_containers_in_a_bucket(bucket: Any, tmp_path: Path):
    galaxy10(tmp_path / "g.h5")
    parquet_of_pictures(tmp_path / "g.parquet")
    tar_of(tmp_path / "t.tar", {f"{i}.png": picture(i) for i in range(9)})
    for name in ("g.h5", "g.parquet", "t.tar"):
        put(bucket, f"c/{name}", (tmp_path / name).read_bytes())
        here = all_items(opened(tmp_path / name), size=100)
        source = opened(f"s3://sky/c/{name}")
        there = [i for part in source.parts(4) for i in source.read(part)]
        assert [i.id for i in there] == [i.id for i in here]
        assert all(np.array_equal(a.image, b.image) for a, b in zip(there, here, strict=True))
    pattern = opened("s3://sky/c/*.parquet")
    assert pattern.total == 10


def test_a_catalogue_in_a_bucket(bucket: Any):
    for i in range(6):
        put(bucket, f"cat/stamps/{i}.png", picture(i))
    rows = "".join(f"stamps/{i}.png\n" for i in range(6)) + "s3://sky/cat/stamps/3.png\ngone.png\n"
    put(bucket, "cat/cat.csv", f"file\n{rows}".encode())
    items = all_items(opened("s3://sky/cat/cat.csv", wait=0.001), size=5)
    assert [i.image for i in items] == [*(picture(i) for i in range(6)), picture(3), None]
    assert "there is no such file" in items[-1].error


def test_what_is_not_in_a_bucket(bucket: Any):
    with pytest.raises(DataError, match="There is nothing at s3://sky/nothing"):
        opened("s3://sky/nothing", wait=0.001)


def test_a_store_that_fails_one_call_in_five(bucket: Any, monkeypatch: pytest.MonkeyPatch):
    for i in range(40):
        put(bucket, f"flaky/{i:02}.png", picture(i))
    calls: list[str] = []
    through = s3fs.S3FileSystem._call_s3

    async def failing(self: Any, method: str, *args: Any, **options: Any) -> Any:
        calls.append(method)
        if len(calls) % 5 == 0:
            raise OSError(16, "Please reduce your request rate")
        return await through(self, method, *args, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", failing)
    items = all_items(opened("s3://sky/flaky", wait=0.001), size=20)
    assert [i.image for i in items] == [picture(i) for i in range(40)]
    assert len(calls) > 45


def test_one_request_for_each_picture(bucket: Any, monkeypatch: pytest.MonkeyPatch):
    put(bucket, "one.png", picture(1))
    calls: list[str] = []
    through = s3fs.S3FileSystem._call_s3

    async def counted(self: Any, method: str, *args: Any, **options: Any) -> Any:
        calls.append(method)
        return await through(self, method, *args, **options)

    monkeypatch.setattr(s3fs.S3FileSystem, "_call_s3", counted)
    assert Files().read("s3://sky/one.png") == picture(1)
    assert calls == ["get_object"]
