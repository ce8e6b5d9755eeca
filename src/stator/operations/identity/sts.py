"""STS: GetCallerIdentity.

Nothing that gives out temporary credentials is served: they would be no less than those that ask for them.
"""

from typing import Any

from stator.operations.identity.root import root_arn
from stator.operations.services import STS, ServiceCall, service_operation


@service_operation(STS, "GetCallerIdentity")
def get_caller_identity(call: ServiceCall, _request: dict[str, Any]) -> dict[str, Any]:
    """The account's root, whose id is the account's number."""
    return {"UserId": call.database.account, "Account": call.database.account, "Arn": root_arn(call)}
