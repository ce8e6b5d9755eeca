"""A real PostgreSQL, in a directory of its own, that listens on a socket there and on no port."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg

from harness.programs import PATH, missing, require_program
from harness.wire import PATIENCE_SECONDS

USER = "enterprises"
PASSWORD = "a-password-of-the-tests-of-enterprises"
# PostgreSQL refuses to run as root; the first of these that there is runs it then.
STAND_INS = ("postgres", "nobody")
# What a test's server may lose when the machine stops.
CARELESS = ("fsync=off", "full_page_writes=off", "listen_addresses=")


class PostgresServer:
    """A server with one user, who has a password, and one database."""

    def __init__(self) -> None:
        self._programs = [require_program(name) for name in ("initdb", "pg_ctl")]
        self._user = _other_user() if os.geteuid() == 0 else None
        # The name of a socket has at most 107 characters, so it is not in the directory of the test.
        self.directory = Path(tempfile.mkdtemp(prefix="pg-"))
        password = self.directory / "password"
        password.write_text(PASSWORD)
        if self._user is not None:
            for path in (self.directory, password):
                shutil.chown(path, self._user)
        initdb, _ = self._programs
        self._run(initdb, "-U", USER, "-A", "scram-sha-256", "--pwfile", str(password), "--no-sync")

    @property
    def address(self) -> str:
        return f"postgresql://{USER}:{PASSWORD}@/postgres?host={self.directory}"

    def start(self) -> "PostgresServer":
        options = " ".join(f"-c {setting}" for setting in CARELESS)
        self._control("start", "-o", f"-k {self.directory} {options}", "-l", str(self.directory / "log"))
        return self

    def stop(self) -> None:
        """Stop; who is connected is thrown out."""
        self._control("stop", "-m", "immediate")

    def execute(self, statement: str) -> list[Any]:
        """Run one or more statements; the rows of the last."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        if (self.directory / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.directory)

    def _control(self, *arguments: str) -> None:
        self._run(self._programs[1], "-w", "-t", str(PATIENCE_SECONDS), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [program, "-D", str(self.directory / "data"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # A server that was started keeps it open.
            stderr=subprocess.DEVNULL,
            cwd=self.directory,
            env={"PATH": PATH, "LANG": "C.UTF-8"},
            user=self._user,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{program} failed in {self.directory}"


def _other_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    found = [name for name in STAND_INS if name in known]
    if not found:
        missing("PostgreSQL does not run as root, and there is no user to run it as")
    return found[0]
