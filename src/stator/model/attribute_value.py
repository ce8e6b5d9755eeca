"""The type of an attribute value in the Structs of `requests`.

In memory it is a plain one-key dict (see `values.attribute`). For the decoder it is a TypedDict, so that JSON
types and base64 are checked, and unknown members dropped, in C.
"""

from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from msgspec import Meta

# Standard base64: whole groups of four, and zeros as the unused bits before the padding. The possessive
# groups of 256 make it five times as fast on long values.
BASE64_PATTERN = (
    r"\A(?:[A-Za-z0-9+/]{256})*+(?:[A-Za-z0-9+/]{4})*+"
    r"(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?\Z"
)
Blob = Annotated[str, Meta(pattern=BASE64_PATTERN)]

if TYPE_CHECKING:
    AttributeValue = dict[str, Any]
else:

    class AttributeValue(TypedDict, total=False):
        """The JSON form of an attribute value; a valid one has one member."""

        S: str
        N: str
        B: Blob
        SS: list[str]
        NS: list[str]
        BS: list[Blob]
        M: "dict[str, AttributeValue]"
        L: "list[AttributeValue]"
        NULL: bool
        BOOL: bool
