"""DescribeLimits and DescribeEndpoints: what a client may ask of the service as a whole."""

from typing import Final

from stator.base.limits import ACCOUNT_CAPACITY_UNITS_MAX, TABLE_CAPACITY_UNITS_MAX
from stator.model.requests import DescribeEndpointsRequest, DescribeLimitsInput
from stator.operations.registry import Call, Reply, operation

_ENDPOINT_CACHED_MINUTES: Final = 1440


@operation("DescribeLimits", access="control", from_snapshot=True)
def describe_limits(_call: Call, _request: DescribeLimitsInput) -> Reply:
    """The default quotas of an account."""
    return {
        "AccountMaxReadCapacityUnits": ACCOUNT_CAPACITY_UNITS_MAX,
        "AccountMaxWriteCapacityUnits": ACCOUNT_CAPACITY_UNITS_MAX,
        "TableMaxReadCapacityUnits": TABLE_CAPACITY_UNITS_MAX,
        "TableMaxWriteCapacityUnits": TABLE_CAPACITY_UNITS_MAX,
    }


@operation("DescribeEndpoints", access="control", from_snapshot=True)
def describe_endpoints(call: Call, _request: DescribeEndpointsRequest) -> Reply:
    """The endpoint that the client has already found: this one."""
    return {"Endpoints": [{"Address": call.host, "CachePeriodInMinutes": _ENDPOINT_CACHED_MINUTES}]}
