"""The data files of an export, one after the other, each compressed and counted as the manifest wants it.

    data file    lines -> gzip -> MD5 of the compressed bytes -> an object of the bucket

Calls block; they are made on a helper thread, one at a time.
"""

import base64
import zlib
from collections.abc import Iterable
from typing import Final

from stator.copies.places import INTERNAL, Bucket, Encryption, Upload, place_error
from stator.formats.manifests import DataFile, data_key, md5

# Before compression. An import reads files of any size; this one keeps an upload in one piece.
FILE_BYTES_MAX: Final = 256 * 1024 * 1024
_GZIP_WINDOW: Final = 31  # of zlib: a gzip header, whose time is 0
_LEVEL: Final = 6


class DataFiles:
    """Writes the data files of an export into `place`, a folder of the bucket with a slash at its end."""

    def __init__(
        self, bucket: Bucket, place: str, export_id: str, output: str, encryption: Encryption
    ) -> None:
        self._bucket = bucket
        self._place = place
        self._id = export_id
        self._output = output
        self._encryption = encryption
        self._files: list[DataFile] = []
        self._file: _DataFile | None = None

    def write(self, lines: Iterable[bytes]) -> None:
        """Write some lines, one per item. Raises PlaceError."""
        for line in lines:
            if self._file is None:
                self._file = self._begin()
            self._file.write(line)
            if self._file.size >= FILE_BYTES_MAX:
                self._end()

    def finish(self) -> list[DataFile]:
        """End the last file; there is one at least, if only an empty one. Raises PlaceError."""
        if self._file is None and not self._files:
            self._file = self._begin()
        self._end()
        return self._files

    def abort(self) -> None:
        """Throw away the file that has not ended."""
        if self._file is not None:
            self._file.upload.abort()
            self._file = None

    def _begin(self) -> "_DataFile":
        key = data_key(self._place, self._id, len(self._files), self._output)
        return _DataFile(key, self._bucket.upload(key, self._encryption))

    def _end(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            self._files.append(file.end())


class _DataFile:
    """One file that is being written; `size` is what was put into it, uncompressed."""

    def __init__(self, key: str, upload: Upload) -> None:
        self.upload = upload
        self.size = 0
        self._key = key
        self._items = 0
        self._gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
        self._md5 = md5()

    def write(self, line: bytes) -> None:
        self._items += 1
        self.size += len(line)
        self._put(self._gzip.compress(line))

    def end(self) -> DataFile:
        self._put(self._gzip.flush())
        return DataFile(
            itemCount=self._items,
            md5Checksum=base64.b64encode(self._md5.digest()).decode(),
            etag=self.upload.commit(),
            dataFileS3Key=self._key,
        )

    def _put(self, data: bytes) -> None:
        if data:
            self._md5.update(data)
            try:
                self.upload.stream.write(data)
            except OSError as error:
                raise place_error(INTERNAL, error.strerror or str(error)) from None
