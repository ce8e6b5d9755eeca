"""The reference pages say what the code says."""

import subprocess
import sys

from .pages import ROOT


def test_the_pages_are_up_to_date():
    command = [sys.executable, "-m", "tools.reference", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", ""), "run `make docs`"
