"""Every answer fits one order of all requests, also over crashes; a server with a fault is found out.

Source of the promise: "Amazon DynamoDB transactions: How it works" of the developer guide, "Isolation
levels"; writes and strongly consistent reads of single items are in the same order.
"""

import sys
from pathlib import Path

import pytest

from harness.process import ServerProcess
from linearizability.checker import NotLinearizable
from linearizability.clients import trial
from linearizability.faulty_server import FAULTS

# A fault shows itself in the first or second round (`test_a_fault_is_found`).
ROUNDS = 6
SOAK_ROUNDS = 200
# By then there is no doubt.
FAULT_ROUNDS = 10


class FaultyServer(ServerProcess):
    """A server with a planted fault."""

    def __init__(self, directory: Path, fault: str) -> None:
        super().__init__(directory)
        self.program = (sys.executable, str(Path(__file__).with_name("faulty_server.py")), fault)


def judged(server: ServerProcess, seed: int, rounds: int) -> int:
    """How many calls of a trial fit one order. Raises NotLinearizable."""
    try:
        return trial(server.start(), seed, rounds).checked
    finally:
        server.close()


@pytest.mark.parametrize(("conflicts", "workers"), [("off", 1), ("on", 1), ("off", 2), ("on", 3)])
def test_all_answers_fit_one_order(tmp_path: Path, conflicts: str, workers: int) -> None:
    server = ServerProcess(tmp_path, transaction_conflicts=conflicts, workers=workers)
    assert judged(server, seed=1, rounds=ROUNDS) > 30 * ROUNDS
    server.check()


def test_all_answers_fit_one_order_when_workers_die(tmp_path: Path) -> None:
    """Some requests are lost with the worker that writes, others with one that had passed them on."""
    server = ServerProcess(tmp_path, workers=3).start()
    try:
        assert trial(server, 6, ROUNDS, workers_die=True).checked > 20 * ROUNDS
    finally:
        server.close()


@pytest.mark.soak
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.parametrize("workers", [1, 3])
def test_all_answers_fit_one_order_for_long(tmp_path: Path, seed: int, workers: int) -> None:
    assert judged(ServerProcess(tmp_path, workers=workers), seed, SOAK_ROUNDS) > 30 * SOAK_ROUNDS


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "none"])
def test_a_fault_is_found(tmp_path: Path, fault: str) -> None:
    with pytest.raises(NotLinearizable):
        judged(FaultyServer(tmp_path, fault), seed=4, rounds=FAULT_ROUNDS)


def test_what_the_faults_are_planted_with_is_not_the_fault(tmp_path: Path) -> None:
    assert judged(FaultyServer(tmp_path, "none"), seed=5, rounds=3) > 90
