"""IAM: what clients ask to find out the account they are in. There are no users, roles or aliases."""

from typing import Any

from stator.operations.identity.root import NAME, root_arn
from stator.operations.services import IAM, ServiceCall, ServiceError, service_operation

_UNKNOWN_MOMENT = 0.0  # Nobody knows when an account was made that was not; every caller is told the same.


@service_operation(IAM, "GetUser")
def get_user(call: ServiceCall, request: dict[str, Any]) -> dict[str, Any]:
    """The caller, if no other user is asked for."""
    name = request.get("UserName", NAME)
    if name != NAME:
        raise ServiceError("NoSuchEntityException", f"The user with name {name} cannot be found.")
    return {
        "User": {
            "Path": "/",
            "UserName": NAME,
            "UserId": call.database.account,
            "Arn": root_arn(call),
            "CreateDate": _UNKNOWN_MOMENT,
        }
    }


@service_operation(IAM, "ListRoles")
def list_roles(_call: ServiceCall, _request: dict[str, Any]) -> dict[str, Any]:
    """The roles: there are none."""
    return {"Roles": [], "IsTruncated": False}


@service_operation(IAM, "ListAccountAliases")
def list_account_aliases(_call: ServiceCall, _request: dict[str, Any]) -> dict[str, Any]:
    """The account's aliases: there are none."""
    return {"AccountAliases": [], "IsTruncated": False}
