"""One run of wrk: started, waited for, and its result read.

wrk is a closed loop: each connection sends its next request when it has its reply. It corrects its latencies
for what a stalled connection could not send meanwhile (coordinated omission).
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import msgspec

SCRIPTS: Final = Path(__file__).parent
_MARK: Final = "RESULT "
_MISSING: Final = "wrk is not installed (Debian, Ubuntu: apt-get install wrk; macOS: brew install wrk)"


class LoadFailed(Exception):
    """A run that does not count: wrk could not do its work, or a request was not answered with a 200."""


class Errors(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong with connections and requests; `status` counts replies above 399."""

    connect: int
    read: int
    write: int
    status: int
    timeout: int


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Latencies in microseconds; the names are those of percentiles."""

    mean: float
    max: int
    p50: int
    p90: int
    p99: int
    p999: int = msgspec.field(name="p99.9")


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a load generator saw: completed requests, the bytes of their replies, and how long they took.

    Our own generator also tells latencies by `kinds` of requests (if there are several), all of them as an
    HDR `histogram` (base64), the seconds of processor time that it used, the 99th percentile of how late it
    was itself (microseconds; part of the latencies), and how many records YCSB's table now has.
    """

    requests: int
    microseconds: int
    bytes: int
    errors: Errors
    latency: Latency
    kinds: dict[str, Latency] = {}
    histogram: str = ""
    client_cpu: float = 0.0
    client_late: int = 0
    records: int = 0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / (self.microseconds / 1e6)


def find_wrk() -> str:
    """The path of wrk. Raises LoadFailed, saying how to get it."""
    path = shutil.which("wrk")
    if path is None:
        raise LoadFailed(_MISSING)
    return path


def run(
    script: str,
    url: str,
    *,
    connections: int,
    seconds: int,
    pool: Path,
    seed: int,
    keys: int,
    table: str,
    threads: int = 1,
) -> Outcome:
    """Put load on `url`. Raises LoadFailed; replies other than 200 and lost connections fail the run."""
    command = [find_wrk(), f"-t{threads}", f"-c{connections}", f"-d{seconds}s"]
    command += ["-s", str(SCRIPTS / script), url, "--", str(pool), str(seed), str(keys), table]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    _, mark, result = done.stdout.partition(_MARK)
    if done.returncode or not mark:
        raise LoadFailed(f"wrk ended with {done.returncode}: {done.stdout}{done.stderr}")
    outcome = msgspec.json.decode(result, type=Outcome)
    errors = outcome.errors
    if errors.status or errors.connect or errors.read or errors.write or not outcome.requests:
        raise LoadFailed(f"{outcome.requests} requests to {url} with {errors}")
    return outcome
