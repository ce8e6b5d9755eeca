"""The functions of conditions, over attribute values; None stands for a missing one."""

import binascii
from typing import Final

from stator.values.attribute import AttributeValue
from stator.values.compare import equal
from stator.values.size import binary_size

_MEMBER_TYPES: Final = {"S": "SS", "N": "NS", "B": "BS"}
_COUNTED_TYPES: Final = frozenset({"SS", "NS", "BS", "L", "M"})


def begins_with(value: AttributeValue, prefix: AttributeValue) -> bool:
    """Whether a string or binary starts with another of its type."""
    if "S" in value and "S" in prefix:
        return bool(value["S"].startswith(prefix["S"]))
    if "B" in value and "B" in prefix:
        return binascii.a2b_base64(value["B"]).startswith(binascii.a2b_base64(prefix["B"]))
    return False


def contains(value: AttributeValue, sought: AttributeValue) -> bool:
    """Whether a string or binary has a part, a set a member, or a list an element."""
    elements = value.get("L")
    if elements is not None:
        return any(equal(element, sought) for element in elements)
    ((kind, content),) = sought.items()
    if kind == "S" and "S" in value:
        return content in value["S"]
    if kind == "B" and "B" in value:
        return binascii.a2b_base64(content) in binascii.a2b_base64(value["B"])
    members = value.get(_MEMBER_TYPES.get(kind, ""))
    return members is not None and content in members


def size(value: AttributeValue) -> int | None:
    """UTF-16 units of a string, bytes of a binary, elements of a set, list or map; None of other types."""
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode("utf-16-le", "surrogatepass")) // 2
    if kind == "B":
        return binary_size(content)
    return len(content) if kind in _COUNTED_TYPES else None
