"""Clients that ask for random things, several at once, and a server that is killed under them."""

import os
import random
import signal
import threading
from collections.abc import Callable, Sequence

from harness.api import Api
from harness.process import ServerProcess, eventually
from harness.wire import Wire, call
from linearizability.checker import Checker
from linearizability.history import History
from linearizability.model import (
    ACCOUNTS,
    CONFLICT,
    KEYS,
    MONEY,
    REGISTERS,
    TABLE,
    Conflict,
    Once,
    Operation,
    Read,
    Result,
    Transfer,
    Value,
    Write,
    WriteBoth,
    first_state,
    item_of,
)

CLIENTS = 5
ACKNOWLEDGED = (30, 300)  # calls of a round, the least and the most
_OBSERVER = CLIENTS  # the number of who looks between the rounds


class Client:
    """Asks one thing after the other, and knows what it last saw of each register."""

    def __init__(self, number: int, seed: int, history: History) -> None:
        self._number = number
        self._random = random.Random(f"{seed}-{number}")
        self._history = history
        self._seen: dict[str, Value] = dict.fromkeys(REGISTERS)
        self._written = 0
        self._once = Once(number, 0)
        self._settled = True

    def work(self, wire: Wire, acknowledged: Callable[[], None]) -> None:
        """Ask until the server is gone; begin with the token of before, whether it was answered or not."""
        operation: Operation = self._once if self._once.token else self._choose()
        try:
            with wire:
                while True:
                    result = ask(wire, operation, self._history, self._number)
                    self._note(operation, result)
                    acknowledged()
                    operation = self._choose()
        except (OSError, EOFError):
            return

    def _note(self, operation: Operation, result: Result) -> None:
        if operation is self._once:
            self._settled = result is not CONFLICT
        if isinstance(operation, Read) and isinstance(result, tuple):
            self._seen.update(
                pair for pair in zip(operation.keys, result, strict=True) if pair[0] in REGISTERS
            )

    def _choose(self) -> Operation:
        choice = self._random
        kind = choice.randrange(9)
        register = choice.choice(REGISTERS)
        if kind < 2:
            return Read((choice.choice(KEYS),))
        if kind == 2:
            return Read(tuple(choice.sample(KEYS, choice.randint(2, len(KEYS)))))
        if kind == 3:
            return Write(register, choice.choice([None, self._new(), self._new()]))
        if kind == 4:
            return Write(register, self._new(), expected=self._seen[register])
        if kind == 5:
            return WriteBoth(*REGISTERS, self._new(), checked=ACCOUNTS[0], expected=MONEY)
        if kind == 6:
            if self._settled:
                self._once = Once(self._number, self._once.token + 1)
                self._settled = False
            return self._once
        source, target = choice.sample(ACCOUNTS, 2)
        return Transfer(source, target, choice.randint(1, MONEY))

    def _new(self) -> int:
        """A value that nobody else writes."""
        self._written += 1
        return self._number * 1_000_000 + self._written


def ask(wire: Wire, operation: Operation, history: History, client: int) -> Result:
    """Ask for something; the history gets it, and its result if there is one."""
    name, parameters = operation.request()
    noted = history.begin(operation, client)
    reply = wire.ask(call(name, parameters))
    if reply.status == 500 and b"may have been carried out" in reply.body:
        raise EOFError("the worker that writes was lost")
    try:
        result = operation.result(reply)
    except Conflict:
        result = CONFLICT
    history.end(noted, result)
    return result


def prepare(server: ServerProcess) -> None:
    """Make the table, and fill the accounts."""
    with server.connect() as wire:
        api = Api(wire)
        api(
            "CreateTable",
            {
                "TableName": TABLE,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            },
        )
        api.put(TABLE, *(item_of(key, MONEY) for key in ACCOUNTS))
    server.restart()


def trial(server: ServerProcess, seed: int, rounds: int, *, workers_die: bool = False) -> Checker:
    """Rounds of clients and kills, each checked. Raises NotLinearizable; leaves the server dead.

    With `workers_die`, one of the workers is killed in the middle of each round.
    """
    history = History()
    clients = [Client(number, seed, history) for number in range(CLIENTS)]
    checker = Checker(first_state(CLIENTS))
    choice = random.Random(seed)
    prepare(server)
    for _ in range(rounds):
        crash(server, clients, choice.randint(*ACKNOWLEDGED), choice if workers_die else None)
        checker.check(history.take())
        server.start()
        # All is looked at before anything else is done: the many states that may have been become one.
        with server.connect() as wire:
            ask(wire, Read(KEYS), history, _OBSERVER)
        checker.check(history.take())
    server.kill()
    return checker


def answered(enough: threading.Semaphore, count: int, threads: Sequence[threading.Thread] = ()) -> None:
    """Wait for that many answers; if threads are given, at most until they have all ended."""
    for _ in range(count):
        for _ in eventually(pause=0):
            if enough.acquire(timeout=0.05):
                break
            if threads and not any(thread.is_alive() for thread in threads):
                return


def crash(
    server: ServerProcess, clients: list[Client], acknowledged: int, workers: random.Random | None
) -> None:
    """Let the clients work; kill the server once they have seen that many answers together.

    Those of a worker that is killed in the middle leave; the rest is asked of the others.
    """
    enough = threading.Semaphore(0)
    threads = [
        threading.Thread(target=client.work, args=(server.connect(), enough.release)) for client in clients
    ]
    for thread in threads:
        thread.start()
    if workers is not None:
        answered(enough, acknowledged // 2)
        os.kill(workers.choice(server.workers), signal.SIGKILL)
        answered(enough, acknowledged // 2, threads)
    else:
        answered(enough, acknowledged)
    server.kill()
    for thread in threads:
        thread.join()
