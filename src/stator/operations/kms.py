"""KMS: the keys that tables are said to be encrypted with.

These are the account's own key for DynamoDB and those that tables name, each under the ARN that the table's
SSEDescription has. Nothing is encrypted with them, and no key can be made here.
"""

from dataclasses import dataclass
from typing import Any, Final

from stator.operations.dynamodb.descriptions import key_arn
from stator.operations.registry import Call
from stator.operations.services import KMS, ServiceCall, ServiceError, service_operation
from stator.storage.engine import Reader
from stator.tables.definition import Encryption

_OWN_ALIAS: Final = "alias/aws/dynamodb"
_OWN_DESCRIPTION: Final = (
    "Default key that protects my DynamoDB data when no other key is defined"  # as AWS describes it
)
_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class _Key:
    """A key; `alias` is a name that it is known to have, if any. The ARN may be whatever a table names."""

    arn: str
    alias: str | None

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]


@service_operation(KMS, "DescribeKey")
def describe_key(call: ServiceCall, request: dict[str, Any]) -> dict[str, Any]:
    """A key by its id, ARN, alias or alias's ARN."""
    key = _find(call, request["KeyId"])
    own = key.alias == _OWN_ALIAS
    return {
        "KeyMetadata": {
            "AWSAccountId": call.database.account,
            "KeyId": key.id,
            "Arn": key.arn,
            "Enabled": True,
            "Description": _OWN_DESCRIPTION if own else "",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": "Enabled",
            "Origin": "AWS_KMS",
            "KeyManager": "AWS" if own else "CUSTOMER",
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": False,
        }
    }


@service_operation(KMS, "ListAliases")
def list_aliases(call: ServiceCall, request: dict[str, Any]) -> dict[str, Any]:
    """The aliases of all keys, or of one, by their names; a page goes on after the last one's name."""
    keys = [_find(call, request["KeyId"])] if "KeyId" in request else _keys(call).values()
    here = call.arn("kms", "key/")  # A table may name a key of another region, which has its own aliases.
    named = {key.alias: key for key in keys if key.alias is not None and key.arn.startswith(here)}
    rest = [(alias, named[alias]) for alias in sorted(named) if alias > request.get("Marker", "")]
    page = rest[: request.get("Limit", _PAGE)]
    more = len(page) < len(rest)
    return {
        "Aliases": [
            {
                "AliasName": alias,
                "AliasArn": f"{key.arn.rpartition(':')[0]}:{alias}",
                "TargetKeyId": key.id,
            }
            for alias, key in page
        ],
        "NextMarker": page[-1][0] if more else None,
        "Truncated": more,
    }


def _find(call: ServiceCall, name: str) -> _Key:
    key = _keys(call).get(_arn(call, name))
    if key is not None:
        return key
    if "alias/" in name:
        arn = name if name.startswith("arn:") else call.arn("kms", name)
        raise ServiceError("NotFoundException", f"Alias {arn} is not found.")
    raise ServiceError("NotFoundException", f"Key '{_arn(call, name)}' does not exist")


def _keys(call: ServiceCall) -> dict[str, _Key]:
    """All keys by their ARNs."""
    keys: dict[str, _Key] = {}
    for name in (_OWN_ALIAS, *call.database.engine.read(lambda reader: _named(call, reader))):
        arn = _arn(call, name)
        alias = name[name.index("alias/") :] if "alias/" in name else None
        if arn not in keys or keys[arn].alias is None:
            keys[arn] = _Key(arn, alias)
    return keys


def _named(call: ServiceCall, reader: Reader) -> list[str]:
    """The keys that tables name, or will have once a change under way is done."""
    names = []
    for table in call.database.catalog.tables(reader):
        definition = table.definition
        changed = definition.update.encryption if definition.update is not None else None
        for encryption in (definition.encryption, changed):
            if isinstance(encryption, Encryption) and encryption.key is not None:
                names.append(encryption.key)
    return names


def _arn(call: ServiceCall, name: str) -> str:
    return key_arn(Call(call.database, call.region, ""), name)
