"""What lies in the directory is what there is: copied files are found, torn ones are named."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from copies.backups import HEADER, sample, write
from stator.copies.backup_directory import BackupDirectory, file_name
from stator.copies.backup_file import BackupDamaged

OTHER = HEADER.arn.replace("01489602797149-73d8d5bc", "01489602797150-00000000")
ELSEWHERE = HEADER.arn.replace("us-east-1", "eu-west-1")


def test_a_directory_that_is_not_there_is_empty(tmp_path: Path) -> None:
    directory = BackupDirectory(tmp_path / "nowhere")
    assert (directory.files(), directory.backups(), directory.find(HEADER.arn)) == ([], {}, None)


def test_making_it_makes_its_parents_and_keeps_others_out(tmp_path: Path) -> None:
    directory = BackupDirectory(tmp_path / "data" / "backups")
    directory.make()
    directory.make()
    assert directory.path.stat().st_mode & 0o777 == 0o700


def test_backups_come_and_go_with_their_files(tmp_path: Path) -> None:
    directory = BackupDirectory(tmp_path)
    path = write(directory.place(HEADER), sample(1))
    write(tmp_path / "from elsewhere.stbackup", sample(2), replace(HEADER, arn=OTHER))
    (tmp_path / "notes.txt").write_text("nothing of ours")
    (tmp_path / ".half.stbackup").write_bytes(b"")
    assert [found.footer.items for found in directory.backups().values()] == [1, 2]

    for arn, items in ((HEADER.arn, 1), (ELSEWHERE, 1), (OTHER, 2)):
        found = directory.find(arn)
        assert found is not None
        assert found.footer.items == items

    path.rename(tmp_path / "renamed.stbackup")
    found = directory.find(HEADER.arn)
    assert found is not None
    directory.remove(found.path)
    assert directory.find(HEADER.arn) is None
    assert [found.header.arn for found in directory.backups().values()] == [OTHER]


def test_a_damaged_file_is_left_out_and_named_to_who_asks_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = BackupDirectory(tmp_path)
    path = write(directory.place(HEADER), sample(100))
    path.write_bytes(path.read_bytes()[:-1])
    assert directory.backups() == {}
    assert "is damaged: end: there is no footer" in caplog.text
    with pytest.raises(BackupDamaged, match="there is no footer"):
        directory.find(HEADER.arn)


def test_the_longest_names_fit() -> None:
    name = file_name(
        f"arn:aws:dynamodb:us-east-1:000000000000:table/{'t' * 255}/backup/01489602797149-73d8d5bc"
    )
    assert len(f".{name}.partial") <= 255
