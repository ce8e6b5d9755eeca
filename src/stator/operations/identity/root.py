"""The one identity there is.

Nothing is refused to any access key, which is what AWS calls the root of an account; so that is who all
callers are. Terraform and others read the account's number out of the ARN.

Source: docs/protocol.md, "Who is asking".
"""

from stator.operations.services import ServiceCall

NAME = "root"


def root_arn(call: ServiceCall) -> str:
    """The ARN of the account's root."""
    return f"arn:aws:iam::{call.database.account}:{NAME}"
