"""CloudWatch's operations, each test with a database of its own."""

from collections.abc import Iterator

import pytest

from harness.cloudwatch import Cloud


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.close()
