"""A program that is absent skips a test, but never where everything should be there."""

import pytest

from harness.programs import require_program


def test_a_program_is_found_beside_python() -> None:
    assert require_program("aws").endswith("/aws")


@pytest.mark.parametrize(
    ("variable", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)]
)
def test_an_absent_program(
    monkeypatch: pytest.MonkeyPatch, variable: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", variable)
    with pytest.raises(outcome, match="no-such-program is not installed"):
        require_program("no-such-program")
