"""Rules of tags. Source: the API reference's Tag, and AWS's replies."""

import re
from collections.abc import Sequence
from typing import Final

from stator.base.limits import TAGS_MAX
from stator.model.requests import Tag
from stator.operations.dynamodb.key_rules import first_double

_ALLOWED: Final = re.compile(r"[\w +\-=.:/@]*")
TOO_MANY: Final = "Number of Tags exceed the current limit for the provided ResourceArn"


def tag_refusal(tags: Sequence[Tag]) -> str | None:
    """Why AWS refuses some tags, in its order; None if it takes them."""
    for tag in tags:
        if not tag.Key or _ALLOWED.fullmatch(tag.Key) is None:
            return f"The Tag Key provided is invalid, Key: {tag.Key}"
        if tag.Value is None or _ALLOWED.fullmatch(tag.Value) is None:
            return f"The Tag Value provided is invalid, Value: {'null' if tag.Value is None else tag.Value}"
        if tag.Key.lower().startswith("aws:"):
            return f"Tag Key cannot be prefixed with aws:, Key: {tag.Key}"
    doubled = first_double(tag.Key for tag in tags)
    if doubled is not None:
        return f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {doubled}"
    return TOO_MANY if len(tags) > TAGS_MAX else None
