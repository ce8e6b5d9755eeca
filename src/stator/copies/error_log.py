"""What AWS would send to CloudWatch of the rows that an import could not take: a file with a line for each.

    LOGS/aws-dynamodb/imports/IMPORT-ID/error     the log group, and the log stream, of AWS

A line is the JSON that AWS logs: where the row lies, and why it was refused.
"""

import logging
from pathlib import Path
from typing import IO, Final

import msgspec

from stator.copies.sources import Slice
from stator.formats.rows import BadRow

GROUP: Final = "aws-dynamodb/imports"
_log = logging.getLogger("stator.copies")


class ErrorLog:
    """The errors of one run of an import. A log that cannot be written stops nobody: the rows are counted."""

    def __init__(self, logs: Path | None, arn: str, bucket: str) -> None:
        """Begin anew; `logs` is None where none is kept."""
        self._arn = arn
        self._bucket = bucket
        self._file: IO[bytes] | None = None
        self._path = None if logs is None else logs / GROUP / arn.rpartition("/")[2] / "error"
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def write(self, of: Slice, number: int, bad: BadRow) -> None:
        """Log the row of that number in a slice."""
        entry = {
            "itemS3Pointer": {"bucket": self._bucket, "key": of.key, "itemIndex": of.first + number},
            "importArn": self._arn,
            "errorMessages": [bad.message],
        }
        try:
            if self._file is None and self._path is not None:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = self._path.open("wb")
            if self._file is not None:
                self._file.write(msgspec.json.encode(entry) + b"\n")
        except OSError as error:
            _log.warning("errors of %s are not logged any more: %s", self._arn, error)
            self._file, self._path = None, None

    def close(self) -> None:
        """End the log."""
        if self._file is not None:
            self._file.close()
