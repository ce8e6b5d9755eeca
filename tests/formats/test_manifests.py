"""The files beside an export's data are as AWS's documentation shows them, and are read back."""

import json

import pytest

from stator.formats import manifests
from stator.formats.rows import Unreadable

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/ProductCatalog"
SUMMARY = {
    "version": "2020-06-30",
    "exportArn": f"{ARN}/export/01234567890123-a1b2c3d4",
    "startTime": "2020-11-04T07:28:34.028Z",
    "endTime": "2020-11-04T07:33:43.897Z",
    "tableArn": ARN,
    "tableId": "12345a12-abcd-123a-ab12-1234abc12345",
    "exportTime": "2020-11-04T07:28:34.028Z",
    "s3Bucket": "ddb-productcatalog-export",
    "s3Prefix": "2020-Nov",
    "s3SseAlgorithm": "AES256",
    "s3SseKmsKeyId": None,
    "manifestFilesS3Key": "AWSDynamoDB/01693685827463-2d8752fd/manifest-files.json",
    "billedSizeBytes": 0,
    "itemCount": 8,
    "outputFormat": "DYNAMODB_JSON",
    "exportType": "FULL_EXPORT",
}
FILE = {
    "itemCount": 8,
    "md5Checksum": "sQMSpEILNgoQmarvDFonGQ==",
    "etag": "af83d6f217c19b8b0fff8023d8ca4716-1",
    "dataFileS3Key": "AWSDynamoDB/01693685827463-2d8752fd/data/asdl123dasas.json.gz",
}


def test_the_documented_manifests_are_read_and_written_alike():
    text = json.dumps(SUMMARY, separators=(",", ":")).encode()
    assert manifests.write_summary(manifests.read_summary(text)) == text
    lines = (json.dumps(FILE, separators=(",", ":")) + "\n").encode() * 2
    assert manifests.write_files(manifests.read_files(lines)) == lines


def test_an_incremental_summary_has_its_own_members():
    times = {"exportFromTime": SUMMARY["startTime"], "exportToTime": SUMMARY["endTime"]}
    summary = {name: value for name, value in SUMMARY.items() if name != "exportTime"}
    summary |= {"version": "2023-08-01", "outputView": "NEW_AND_OLD_IMAGES", **times}
    parsed = manifests.read_summary(json.dumps(summary).encode())
    assert json.loads(manifests.write_summary(parsed)) == summary


@pytest.mark.parametrize("text", [b"", b"{}", b"\xff", b'{"version": 1}'])
def test_a_broken_manifest_is_unreadable(text):
    with pytest.raises(Unreadable):
        manifests.read_summary(text)
    with pytest.raises(Unreadable):
        manifests.read_files(text + b"{}")


@pytest.mark.parametrize(
    ("prefix", "folder"),
    [
        (None, "AWSDynamoDB/1-a/"),
        ("", "AWSDynamoDB/1-a/"),
        ("2020-Nov", "2020-Nov/AWSDynamoDB/1-a/"),
        ("foo/", "foo/AWSDynamoDB/1-a/"),
        ("a/b", "a/b/AWSDynamoDB/1-a/"),
    ],
)
def test_the_folder_of_an_export(prefix, folder):
    assert manifests.folder(prefix, "1-a") == folder


def test_data_files_have_names_of_their_own_that_stay():
    keys = [manifests.data_key("p/", "1-a", number, "ION") for number in range(3)]
    assert keys == [manifests.data_key("p/", "1-a", number, "ION") for number in range(3)]
    assert len({*keys, manifests.data_key("p/", "1-b", 0, "ION")}) == 4
    name = keys[0].removeprefix("p/data/").removesuffix(".ion.gz")
    assert len(name) == 26
    assert name.isalnum()


def test_times_are_written_to_the_millisecond():
    assert manifests.time_text(1604474914.0284) == "2020-11-04T07:28:34.028Z"
    assert manifests.time_text(1604474914.9999) == "2020-11-04T07:28:35.000Z"


def test_a_checksum_is_verified():
    assert manifests.checksum_key("a/manifest-summary.json") == "a/manifest-summary.md5"
    manifests.verify("x", b"data", manifests.checksum(b"data") + b"\n")
    with pytest.raises(Unreadable, match="x is not what its checksum says"):
        manifests.verify("x", b"date", manifests.checksum(b"data").decode())
