"""A bucket is a folder that nothing leads out of, or one of a service that speaks S3; both alike."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from copies.s3_server import S3Server
from stator.copies.folders import FolderBuckets
from stator.copies.places import Bucket, Buckets, Encryption, PlaceError, put
from stator.copies.s3_endpoint import EndpointBuckets

ACCOUNT = "000000000000"
NAME = "my.bucket-1"


@pytest.fixture(params=["folder", "endpoint"])
def buckets(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Buckets]:
    if request.param == "folder":
        (tmp_path / NAME).mkdir()
        yield FolderBuckets(tmp_path, ACCOUNT)
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with S3Server([NAME]) as server:
        yield EndpointBuckets(server.url, "us-east-1")


@pytest.fixture
def bucket(buckets: Buckets) -> Bucket:
    return buckets.bucket(NAME, None)


def code(body: Any) -> str:
    with pytest.raises(PlaceError) as refused:
        body()
    assert "(Service: Amazon S3; Status Code: " in refused.value.message
    return refused.value.code


def read(bucket: Bucket, key: str) -> bytes:
    with bucket.open(key) as file:
        return file.read()


def test_what_is_put_is_listed_and_read(bucket: Bucket) -> None:
    objects = {"a/b.json": b"22", "a b/ü+%&?.gz": b"\0" * 300_000, "z": b""}
    for key, data in objects.items():
        assert put(bucket, key, data)
    assert [tuple(each) for each in bucket.list("")] == sorted(
        ((key, len(data)) for key, data in objects.items()), key=lambda pair: pair[0].encode()
    )
    assert {key: read(bucket, key) for key in objects} == objects
    assert [each.key for each in bucket.list("a/")] == ["a/b.json"]
    assert [each.key for each in bucket.list("a/b")] == ["a/b.json"]
    assert [each.key for each in bucket.list("a")] == ["a b/ü+%&?.gz", "a/b.json"]
    assert bucket.list("nothing/") == []


def test_an_upload_is_there_when_it_is_committed(bucket: Bucket) -> None:
    put(bucket, "x/key", b"before")
    upload = bucket.upload("x/key", Encryption("AES256"))
    upload.stream.write(b"after")
    assert read(bucket, "x/key") == b"before"
    assert [each.key for each in bucket.list("")] == ["x/key"]
    upload.commit()
    assert read(bucket, "x/key") == b"after"
    other = bucket.upload("x/key")
    other.stream.write(b"never")
    other.abort()
    assert read(bucket, "x/key") == b"after"
    assert [each.key for each in bucket.list("")] == ["x/key"]


def test_what_is_deleted_is_gone(bucket: Bucket) -> None:
    put(bucket, "a/1", b"")
    put(bucket, "a/2", b"")
    bucket.delete(["a/1", "a/1", "never/there"])
    assert [each.key for each in bucket.list("")] == ["a/2"]
    assert code(lambda: bucket.open("a/1")) == "S3NoSuchKey"


def test_buckets_that_are_not_there_or_somebody_else_s(buckets: Buckets) -> None:
    assert code(lambda: buckets.bucket("elsewhere", None)) == "S3NoSuchBucket"
    assert code(lambda: buckets.bucket(NAME, "111111111111")) == "S3AccessDenied"
    assert buckets.bucket(NAME, ACCOUNT).list("") == []


# --- Folders ---


@pytest.fixture
def folder(tmp_path: Path) -> Bucket:
    (tmp_path / "root" / NAME).mkdir(parents=True)
    (tmp_path / "secret").write_bytes(b"secret")
    return FolderBuckets(tmp_path / "root", ACCOUNT).bucket(NAME, None)


@pytest.mark.parametrize(
    "key", ["../secret", "a/../../secret", "/etc/passwd", "a//b", "./a", "a/", "", "..", "a\0b", "x" * 250]
)
def test_no_key_leads_out_of_a_folder(folder: Bucket, tmp_path: Path, key: str) -> None:
    for body in (
        lambda: folder.open(key),
        lambda: folder.upload(key),
        lambda: folder.delete([key]),
    ):
        assert code(body) in ("S3KeyNotSupported", "S3KeyTooLongError")
    assert (tmp_path / "secret").read_bytes() == b"secret"


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../root", "a\0"])
def test_no_name_of_a_bucket_leads_out_of_the_root(tmp_path: Path, name: str) -> None:
    (tmp_path / "root").mkdir()
    buckets = FolderBuckets(tmp_path / "root", ACCOUNT)
    assert code(lambda: buckets.bucket(name, None)) == "S3NoSuchBucket"


def test_symbolic_links_are_not_followed(folder: Bucket, tmp_path: Path) -> None:
    inside = tmp_path / "root" / NAME
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"secret")
    (inside / "link").symlink_to(tmp_path / "secret")
    (inside / "folder").symlink_to(outside)
    (tmp_path / "root" / "linked").symlink_to(outside)
    assert folder.list("") == []
    for key in ("link", "folder/file", "folder/new"):
        with pytest.raises(PlaceError):
            folder.open(key)
    with pytest.raises(PlaceError):
        folder.upload("folder/new")
    with pytest.raises(PlaceError):
        FolderBuckets(tmp_path / "root", ACCOUNT).bucket("linked", None)
    # A link with the name of an object is replaced, and what it names is not touched.
    put(folder, "link", b"mine")
    assert (tmp_path / "secret").read_bytes() == b"secret"
    assert read(folder, "link") == b"mine"


def test_what_an_upload_left_is_no_object_and_goes(folder: Bucket, tmp_path: Path) -> None:
    inside = tmp_path / "root" / NAME
    upload = folder.upload("a/key")
    upload.stream.write(b"half")
    assert [path.name for path in (inside / "a").iterdir()] == [".stator-upload-key"]
    assert folder.list("") == []
    folder.delete(["a/key"])
    assert list((inside / "a").iterdir()) == []
    assert code(lambda: folder.open("a/.stator-upload-key")) == "S3KeyNotSupported"
    upload.abort()


def test_files_are_private(folder: Bucket, tmp_path: Path) -> None:
    put(folder, "a/b", b"")
    inside = tmp_path / "root" / NAME
    assert (inside / "a").stat().st_mode & 0o777 == 0o700
    assert (inside / "a/b").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_may_not_be_written_is_denied(folder: Bucket, tmp_path: Path) -> None:
    (tmp_path / "root" / NAME).chmod(0o500)
    assert code(lambda: folder.upload("key")) == "S3AccessDenied"


# --- The endpoint ---


def test_an_endpoint_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with S3Server([]) as server:
        url = server.url
    with pytest.raises(PlaceError) as refused:
        EndpointBuckets(url, "us-east-1").bucket(NAME, None)
    assert refused.value.code == "S3InternalError"
    assert "a-secret" not in refused.value.message
