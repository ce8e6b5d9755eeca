"""A reader of streams by the AWS SDK for JavaScript v3, while clients write and shards roll over."""

import threading
from collections.abc import Callable
from pathlib import Path

from harness.javascript import SCRIPTS, packages, run_script
from harness.load import Load, contents
from harness.process import ServerProcess, eventually
from harness.programs import Terminal
from harness.streamed import new_table

HOUR = 3_600
TURNS = 3
SEED = 7


def test_a_reader_under_load(start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    packages()  # installed first, if need be: it takes longer than the load
    server = start_server(clock=1_700_000_000.0)
    table = new_table(server)
    specification = {"AttributeName": "ttl", "Enabled": True}
    table.items.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            load = Load(server, table.name, SEED)
            for turn in range(1, TURNS + 1):
                load.reach(turn * 100)
                server.clock.advance(4 * HOUR)
                for _ in eventually():
                    if len(table.shards()) > turn:
                        break
            load.end()
            for _ in eventually():  # what has expired is on its way out
                if not any("ttl" in item for item in contents(table).values()):
                    break
            table.put("end")
        except BaseException as error:
            failures.append(error)
            raise

    writer = threading.Thread(target=write)
    writer.start()
    terminal = Terminal(server.url, tmp_path)
    seen = run_script(terminal, SCRIPTS / "follow_stream.js", STREAM_ARN=table.arn).json
    writer.join()
    assert failures == []
    assert seen["shards"] == TURNS + 1
    assert seen["records"] > TURNS * 100
    assert seen["byService"] > 0
    assert seen["items"] == {item["pk"]["S"]: item for item in contents(table).values()}
