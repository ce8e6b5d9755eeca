"""Buckets of an S3-compatible endpoint, through boto3 (the extra `s3`).

Credentials and region come from where AWS's tools look for them: variables, profiles, an instance's role.
They are never logged. An object is written to a temporary file without a name first, so that it can be sent
again, and appears whole: that is S3's own promise.
"""

import io
import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Lock
from typing import Any, BinaryIO, Final, cast

from stator.copies.places import (
    AS_BUCKET,
    INTERNAL,
    NO_SUCH_BUCKET,
    Bucket,
    Encryption,
    Object,
    PlaceError,
    Upload,
    place_error,
)
from stator.formats.extras import need

_ALGORITHMS: Final = {"AES256": "AES256", "KMS": "aws:kms"}
_KEYS_PER_DELETE: Final = 1000
# A server that stops waits for calls under way, so they may not take for ever.
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 20
_CHUNK_BYTES: Final = 1 << 20
# HEAD has no body that could name the error, only a status.
_BY_STATUS: Final = {"404": NO_SUCH_BUCKET, "403": "AccessDenied", "301": "PermanentRedirect"}


class EndpointBuckets:
    """The buckets of the endpoint at `url`. boto3 is loaded when one is first asked for."""

    def __init__(self, url: str, region: str) -> None:
        """Raises MissingExtra without boto3."""
        if find_spec("boto3") is None:
            need("boto3", "s3")
        self._url = url
        self._region = region
        self._lock = Lock()
        self._made: Any = None

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._new_client()
            return self._made

    def _new_client(self) -> Any:
        # What they log of a request at the level of debugging has session tokens in it.
        for name in ("boto3", "botocore", "urllib3"):
            logging.getLogger(name).setLevel(logging.WARNING)
        boto3 = need("boto3", "s3")
        config = need("botocore.config", "s3").Config(
            s3={"addressing_style": "path"},
            retries={"max_attempts": 3, "mode": "standard"},
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )
        session = boto3.session.Session()
        return session.client(
            "s3", endpoint_url=self._url, region_name=session.region_name or self._region, config=config
        )

    def bucket(self, name: str, owner: str | None) -> Bucket:
        """As `Buckets.bucket`."""
        expected = {} if owner is None else {"ExpectedBucketOwner": owner}
        with _errors():
            self._client.head_bucket(Bucket=name, **expected)
        return _EndpointBucket(self._client, {"Bucket": name, **expected})


class _EndpointBucket:
    """One bucket; `place` are the parameters that name it."""

    def __init__(self, client: Any, place: dict[str, str]) -> None:
        self._client = client
        self._place = place

    def list(self, prefix: str) -> list[Object]:
        """As `Bucket.list`. A key that ends in a slash is a folder of somebody's tool, no object."""
        found = []
        with _errors():
            pages = self._client.get_paginator("list_objects_v2").paginate(**self._place, Prefix=prefix)
            for page in pages:
                found += [Object(each["Key"], each["Size"]) for each in page.get("Contents", ())]
        return [each for each in found if not each.key.endswith("/")]

    def open(self, key: str) -> BinaryIO:
        """As `Bucket.open`."""
        with _errors():
            body = self._client.get_object(**self._place, Key=key)["Body"]
        return cast(BinaryIO, io.BufferedReader(_Body(body), _CHUNK_BYTES))

    def upload(self, key: str, encryption: Encryption = AS_BUCKET) -> Upload:
        """As `Bucket.upload`."""
        extra = dict(self._place, Key=key)
        if encryption.algorithm is not None:
            extra["ServerSideEncryption"] = _ALGORITHMS[encryption.algorithm]
        if encryption.key_id is not None:
            extra["SSEKMSKeyId"] = encryption.key_id
        return _EndpointUpload(self._client, extra)

    def delete(self, keys: Iterable[str]) -> None:
        """As `Bucket.delete`."""
        wanted = [{"Key": key} for key in keys]
        for start in range(0, len(wanted), _KEYS_PER_DELETE):
            some = wanted[start : start + _KEYS_PER_DELETE]
            with _errors():
                self._client.delete_objects(**self._place, Delete={"Objects": some, "Quiet": True})


class _EndpointUpload:
    """A temporary file that is sent when it is complete."""

    def __init__(self, client: Any, parameters: dict[str, str]) -> None:
        self._client = client
        self._parameters = parameters
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self.stream = cast(BinaryIO, self._file)

    def commit(self) -> str:
        """As `Upload.commit`."""
        with self._file, _errors():
            self._file.seek(0)
            reply = self._client.put_object(Body=self._file, **self._parameters)
        return str(reply.get("ETag", "")).strip('"')

    def abort(self) -> None:
        """As `Upload.abort`."""
        self._file.close()


class _Body(io.RawIOBase):
    """An object's body as a stream whose errors are OSErrors."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._body.read(len(buffer))
        except Exception as error:  # botocore's and urllib3's errors share no base but this one
            raise OSError(f"the object could not be read: {type(error).__name__}") from None
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


@contextmanager
def _errors() -> Iterator[None]:
    """Errors of the client, as AWS shows them in an export or an import."""
    exceptions = need("botocore.exceptions", "s3")
    try:
        yield
    except PlaceError:
        raise
    except exceptions.ClientError as error:
        details = error.response.get("Error", {})
        answer = error.response.get("ResponseMetadata", {})
        code = str(details.get("Code", INTERNAL))
        status = answer.get("HTTPStatusCode")
        raise place_error(
            _BY_STATUS.get(code, code),
            None if code in _BY_STATUS else details.get("Message"),
            status=status,
            request_id=str(answer.get("RequestId") or "null"),
        ) from None
    except (exceptions.BotoCoreError, OSError) as error:
        # Names the kind of trouble; the text of some errors repeats what credentials were tried.
        raise place_error(INTERNAL, f"The endpoint could not be used: {type(error).__name__}") from None
