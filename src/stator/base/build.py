"""How this copy of Stator was built: its hot modules compiled, or all of it pure Python. Both do the same."""

from typing import Final

from stator.base import errors

COMPILED: Final = not errors.__file__.endswith(".py")
"""Whether the modules that pyproject.toml lists for mypyc are compiled; `errors` is one of them."""

FORM: Final = "hot modules compiled" if COMPILED else "pure Python"
