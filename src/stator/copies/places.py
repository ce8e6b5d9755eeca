"""Where exports go and imports come from: S3 buckets, each a folder, or those of an S3-compatible endpoint.

An operation names a bucket; what a bucket is, a server's settings decide. All calls here block, so they are
made on a helper thread. What goes wrong is a `PlaceError` with the code and the text that AWS shows as
FailureCode and FailureMessage.
"""

from collections.abc import Iterable
from typing import BinaryIO, Final, NamedTuple, Protocol

# Codes as seen on AWS: FailureCode is "S3" and the error code of S3.
NO_SUCH_BUCKET: Final = "NoSuchBucket"
ACCESS_DENIED: Final = "AccessDenied"
NO_SUCH_KEY: Final = "NoSuchKey"
INTERNAL: Final = "InternalError"

GONE: Final = "S3" + NO_SUCH_KEY  # the FailureCode of an object that is not there

_STATUS: Final = {NO_SUCH_BUCKET: 404, NO_SUCH_KEY: 404, ACCESS_DENIED: 403, INTERNAL: 500}
_TEXTS: Final = {
    NO_SUCH_BUCKET: "The specified bucket does not exist",
    NO_SUCH_KEY: "The specified key does not exist.",
    ACCESS_DENIED: "Access Denied",
}


class PlaceError(Exception):
    """A bucket could not be used: AWS's `code` (FailureCode) and `message` (FailureMessage)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def place_error(
    code: str, text: str | None = None, *, status: int | None = None, request_id: str = "null"
) -> PlaceError:
    """The failure that AWS makes of an error of S3."""
    detail = (
        f"(Service: Amazon S3; Status Code: {status or _STATUS.get(code, 400)}; Error Code: {code}; "
        f"Request ID: {request_id}; S3 Extended Request ID: null; Proxy: null)"
    )
    name = code.replace(".", "") if code.startswith("KMS.") else f"S3{code}"
    return PlaceError(name, f"{text or _TEXTS.get(code, code)} {detail}")


class Object(NamedTuple):
    """An object of a bucket: its key and its size in bytes."""

    key: str
    size: int


class Encryption(NamedTuple):
    """How an object is to be encrypted where it lies: AES256, KMS, or as the bucket does it (None)."""

    algorithm: str | None = None
    key_id: str | None = None


AS_BUCKET: Final = Encryption()


class Upload(Protocol):
    """An object that is being written: it is there, whole, after `commit`, and not before."""

    @property
    def stream(self) -> BinaryIO:
        """Where its bytes go."""
        ...

    def commit(self) -> str:
        """Make it an object, durably; returns its ETag. Raises PlaceError."""
        ...

    def abort(self) -> None:
        """Throw it away."""
        ...


class Bucket(Protocol):
    """A bucket."""

    def list(self, prefix: str) -> list[Object]:
        """The objects whose keys begin with `prefix`, in order of their keys. Raises PlaceError."""
        ...

    def open(self, key: str) -> BinaryIO:
        """An object's bytes. Raises PlaceError; reading may raise OSError."""
        ...

    def upload(self, key: str, encryption: Encryption = AS_BUCKET) -> Upload:
        """Begin to write an object; one of that key is replaced by `commit`. Raises PlaceError."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects if they are there, and what uploads that never ended left. Raises PlaceError."""
        ...


class Buckets(Protocol):
    """The buckets that a server can reach."""

    def bucket(self, name: str, owner: str | None) -> Bucket:
        """The bucket of that name, which the account `owner` has (None: ours).

        Raises PlaceError if there is none, or it is somebody else's.
        """
        ...


def put(bucket: Bucket, key: str, data: bytes, encryption: Encryption = AS_BUCKET) -> str:
    """Write a small object; returns its ETag. Raises PlaceError."""
    upload = bucket.upload(key, encryption)
    try:
        upload.stream.write(data)
    except OSError as error:
        upload.abort()
        raise place_error(INTERNAL, str(error)) from None
    return upload.commit()
