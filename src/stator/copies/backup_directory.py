"""The directory of backups, which is the truth: what lies there is listed, wherever it came from.

A file's name says for people which backup it is; what counts is its header. Finding a backup is by the last
part of its ARN, since Stator keeps one namespace for all regions.
"""

import logging
from pathlib import Path
from typing import Final

from stator.base.durable import publish, sync
from stator.copies import backup_file
from stator.copies.backup_file import BackupDamaged, Summary
from stator.copies.backup_header import Header
from stator.copies.backup_writer import PRIVATE, partial_path

SUFFIX: Final = ".stbackup"

_TABLE_CHARACTERS_MAX: Final = 200  # a file's name has room for 255
_PRIVATE_DIRECTORY: Final = 0o700
_log = logging.getLogger("stator.copies")


def resource(arn: str) -> str:
    """What an ARN names, in whatever region: `table/orders/backup/01489602797149-73d8d5bc`."""
    return arn.split(":", 5)[-1]


def file_name(arn: str) -> str:
    """The name of the file of a backup: its table, as far as there is room, and its id."""
    _, table, _, backup = resource(arn).split("/")
    return f"{table[:_TABLE_CHARACTERS_MAX]}.{backup}{SUFFIX}"


class BackupDirectory:
    """The backups in a directory, which need not be there yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the directory, if it is not there. Raises OSError."""
        if not self.path.is_dir():
            self.path.mkdir(mode=_PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            sync(self.path.parent)

    def place(self, header: Header) -> Path:
        """Where the file of a new backup belongs."""
        return self.path / file_name(header.arn)

    def files(self) -> list[Path]:
        """Every file that by its name is a backup. Raises OSError."""
        if not self.path.is_dir():
            return []
        return sorted(
            path
            for path in self.path.iterdir()
            if path.name.endswith(SUFFIX) and not path.name.startswith(".") and path.is_file()
        )

    def backups(self) -> dict[str, Summary]:
        """The backups by what their ARNs name, in order.

        A damaged file is left out, and logged. Raises OSError.
        """
        found: dict[str, Summary] = {}
        for path in self.files():
            try:
                summary = backup_file.summary(path)
            except FileNotFoundError:  # It went while we looked.
                continue
            except (BackupDamaged, OSError) as error:
                _log.warning("a file in %s is not listed: %s", self.path, error)
                continue
            found.setdefault(resource(summary.header.arn), summary)
        return dict(sorted(found.items()))

    def find(self, arn: str) -> Summary | None:
        """A backup by its ARN, None if there is none.

        Raises BackupDamaged if there is a file that by its name is this backup, and it is damaged; OSError.
        """
        expected = self.path / file_name(arn)
        if expected.is_file():
            summary = backup_file.summary(expected)
            if resource(summary.header.arn) == resource(arn):
                return summary
        return self.backups().get(resource(arn))

    def bring(self, file: Path, header: Header) -> Path:
        """Put a copy of a backup's file here, whole and durably. Raises OSError."""
        import shutil  # No server comes here.

        self.make()
        path = self.place(header)
        partial = partial_path(path)
        shutil.copyfile(file, partial)
        partial.chmod(PRIVATE)
        sync(partial)
        publish(partial, path)
        return path

    def remove(self, path: Path) -> None:
        """Delete a backup for ever. Raises OSError."""
        path.unlink(missing_ok=True)
        sync(self.path)
