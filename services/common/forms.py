"""The forms of requests: what is not a field of theirs is wrong, and texts are trimmed."""

from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

# The default of a field that may be absent, but not null; it is never used.
ABSENT: Final[Any] = None

Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class Form(BaseModel):
    """A body of a request."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ChangeForm(Form):
    """A body that names what is to change; what it does not name stays, and it must name something."""

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must have a field to change")
        return self

    def named(self) -> dict[str, Any]:
        """The fields that it names, and their values."""
        return self.model_dump(exclude_unset=True)
