"""A process of the load generator: a job on standard input, an Outcome on standard output, both JSON."""

import sys

import msgspec

from benchmarks.dataset import WrongData
from benchmarks.load.job import Job, perform
from benchmarks.wrk.run import LoadFailed


def main() -> int:
    """Do the job; the exit status. What went wrong goes to standard error."""
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    try:
        outcome = perform(job)
    except (LoadFailed, WrongData, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
    return 0


if __name__ == "__main__":
    sys.exit(main())
