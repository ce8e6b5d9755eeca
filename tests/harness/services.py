"""Clients of other services than DynamoDB, in each protocol that botocore knows for them."""

from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import ServiceModel

# What botocore calls CloudWatch's three protocols; it takes the first by itself, as the AWS CLI does.
PROTOCOLS = ("json", "query", "smithy-rpc-v2-cbor")


def raw_model(service: str, protocol: str | None = None) -> dict[str, Any]:
    """botocore's model of a service, as one that has only that protocol."""
    model = dict(Loader().load_service_model(service, "service-2"))
    if protocol is not None:
        model["metadata"] = {**model["metadata"], "protocol": protocol, "protocols": [protocol]}
    return model


def service_model(service: str, protocol: str | None = None) -> ServiceModel:
    """The same, as botocore reads it."""
    return ServiceModel(raw_model(service, protocol), service)


class _OneProtocol(Loader):
    """Loads models with one protocol."""

    def __init__(self, protocol: str) -> None:
        super().__init__()
        self._protocol = protocol

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        if type_name == "service-2":
            return raw_model(service_name, self._protocol)
        return super().load_service_model(service_name, type_name, api_version)


def service_client(url: str, service: str, protocol: str | None = None, region: str = "us-east-1") -> Any:
    """A boto3 client of a service at `url`, which tries once and does not check parameters itself."""
    session = botocore.session.Session()
    if protocol is not None:
        session.register_component("data_loader", _OneProtocol(protocol))
    return boto3.Session(botocore_session=session).client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="dummy",
        aws_secret_access_key="dummy",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
