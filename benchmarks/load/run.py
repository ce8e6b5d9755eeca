"""One run of the generator from the harness's side: in a process of its own, so as not to disturb it."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.load.job import Job
from benchmarks.wrk.run import LoadFailed, Outcome

_ROOT: Final = Path(__file__).parents[2]


def generate(job: Job) -> Outcome:
    """Do a job in a process of its own. Raises LoadFailed."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=msgspec.json.encode(job),
        capture_output=True,
        cwd=_ROOT,
        check=False,
    )
    if done.returncode:
        raise LoadFailed(done.stderr.decode(errors="replace")[-2_000:].strip())
    return msgspec.json.decode(done.stdout, type=Outcome)
