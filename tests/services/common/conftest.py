"""Clients of other endpoints."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest


@pytest.fixture
def client_of() -> Iterator[Callable[[str], Any]]:
    """Makes boto3 clients by address."""
    clients: list[Any] = []

    def make(url: str) -> Any:
        clients.append(
            boto3.client(
                "dynamodb",
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="key",
                aws_secret_access_key="secret",
            )
        )
        return clients[-1]

    yield make
    for client in clients:
        client.close()
