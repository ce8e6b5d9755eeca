"""The compiled package, once for all of its tests, which is why they run in one process."""

import pytest

from harness.compiled import Build, build


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/compiled/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("compiled"))


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build(tmp_path_factory.mktemp("compiled"))
