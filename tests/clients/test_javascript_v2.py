"""The AWS SDK for JavaScript v2. Its tests are in javascript/v2, for node's runner."""

from pathlib import Path

import pytest

from harness.javascript import SCRIPTS, run_tests
from harness.programs import Terminal


@pytest.mark.parametrize("script", sorted((SCRIPTS / "v2").glob("*.js")), ids=lambda script: script.stem)
def test_script(terminal: Terminal, script: Path) -> None:
    run_tests(terminal, script, sdk="v2")
