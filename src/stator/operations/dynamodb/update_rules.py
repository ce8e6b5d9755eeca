"""What UpdateTable refuses, in AWS's order: first by the request alone, then by the table as it is."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from stator.base.errors import ApiError
from stator.base.limits import GLOBAL_INDEXES_MAX
from stator.model.requests import (
    CreateGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate,
    UpdateGlobalSecondaryIndexAction,
    UpdateTableInput,
)
from stator.operations.dynamodb import key_rules
from stator.operations.dynamodb.create_rules import index_capacity, unsupported
from stator.operations.dynamodb.key_rules import first, first_double, out_of_bounds
from stator.operations.dynamodb.rules import CAPTURE_2026, CAPTURE_OLD, INVALID, OWN, Rule
from stator.operations.dynamodb.setting_rules import encryption, on_demand_range, table_class
from stator.tables.definition import IndexDefinition, TableDefinition, Throughput

_CHANGES: Final = (
    "ProvisionedThroughput",
    "BillingMode",
    "StreamSpecification",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "TableClass",
)
_UNSUPPORTED: Final = (
    "ReplicaUpdates",
    "MultiRegionConsistency",
    "GlobalTableWitnessUpdates",
    "GlobalTableSettingsReplicationMode",
    "DisassociationProtectionEnabled",
    "VectorIndexUpdates",
)
_ALONE: Final = (
    ("SSESpecification", "Server-Side Encryption modification must be the only operation in the request"),
    ("TableClass", "TableClass modification must be the only operation in the request"),
    (
        "DeletionProtectionEnabled",
        "DeletionProtection modification must be the only operation in the request",
    ),
    ("WarmThroughput", "WarmThroughput must be the only operation in the request"),
)


def given_changes(request: UpdateTableInput) -> list[str]:
    """The members of a request that change something."""
    return [name for name in _CHANGES if getattr(request, name) not in (None, [])]


def _something(request: UpdateTableInput) -> str | None:
    if given_changes(request):
        return None
    return (
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
        "ReplicaTransitRoleArn, "
        "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass "
        "is required"
    )


def _exclusive(request: UpdateTableInput) -> str | None:
    given = given_changes(request)
    for member, text in _ALONE:
        if member in given and len(given) > 1:
            return f"{INVALID}{text}"
    if "OnDemandThroughput" in given and not set(given) <= {"OnDemandThroughput", "BillingMode"}:
        return f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request"
    indexed = any(update.Create or update.Delete for update in request.GlobalSecondaryIndexUpdates or ())
    throughput = "ProvisionedThroughput" in given
    if throughput and "StreamSpecification" in given:
        return f"{INVALID}You cannot modify stream status while updating table IOPS"
    if throughput and indexed:
        return f"{INVALID}You cannot create or delete index while updating table IOPS"
    if indexed and "StreamSpecification" in given:
        return f"{INVALID}You cannot create or delete index while changing stream status"
    return None


def _billing(request: UpdateTableInput) -> str | None:
    if request.BillingMode == "PROVISIONED" and request.ProvisionedThroughput is None:
        return f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    if request.BillingMode == "PAY_PER_REQUEST" and request.ProvisionedThroughput is not None:
        return (
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            "when BillingMode is PAY_PER_REQUEST"
        )
    return None


def _index_updates(request: UpdateTableInput) -> str | None:
    updates = request.GlobalSecondaryIndexUpdates or []
    message = first(*(partial(_index_update, request, update) for update in updates))
    if message is not None:
        return message
    doubled = first_double(index_update_name(update) for update in updates)
    if doubled is None:
        return None
    return (
        f"{INVALID}Only one global secondary index update per index is allowed simultaneously. "
        f"Index: {doubled}"
    )


def _index_update(request: UpdateTableInput, update: GlobalSecondaryIndexUpdate) -> str | None:
    actions = [action for action in (update.Update, update.Create, update.Delete) if action is not None]
    if not actions:
        return (
            f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
            "GlobalSecondaryIndexUpdate.Delete must not be null"
        )
    if len(actions) > 1:
        return (
            f"{INVALID}Only one global secondary index action is allowed "
            "per GlobalSecondaryIndexUpdate object"
        )
    create = update.Create
    if create is None:
        return out_of_bounds(update.Update and update.Update.ProvisionedThroughput)
    return first(
        lambda: key_rules.global_index_schema(create.KeySchema),
        lambda: key_rules.projection(create.Projection),
        lambda: out_of_bounds(create.ProvisionedThroughput),
    )


def index_update_name(update: GlobalSecondaryIndexUpdate) -> str:
    """The index that an update is about."""
    action = update.Update or update.Create or update.Delete
    assert action is not None
    return action.IndexName


UPDATE_TABLE: Final = (
    Rule(unsupported(_UNSUPPORTED), OWN),
    Rule(_something, CAPTURE_2026),
    Rule(_exclusive, CAPTURE_2026),
    Rule(_billing, CAPTURE_2026),
    Rule(lambda request: out_of_bounds(request.ProvisionedThroughput), CAPTURE_OLD),
    Rule(_index_updates, CAPTURE_2026),
    Rule(lambda request: table_class(request.TableClass), CAPTURE_2026),
    Rule(lambda request: encryption(request.SSESpecification), CAPTURE_2026),
)


def _on_demand_after(definition: TableDefinition, request: UpdateTableInput) -> bool:
    return (request.BillingMode or definition.billing_mode) == "PAY_PER_REQUEST"


def _capacity_of_table(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    given = request.ProvisionedThroughput
    if given is None:
        return None
    if _on_demand_after(definition, request):
        return (
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if definition.billing_mode == "PROVISIONED" and _same(definition.throughput, given):
        return _unchanged("The provisioned throughput for the table", "the table", definition.throughput)
    return None


def _same(throughput: Throughput, given: Any) -> bool:
    return (throughput.read, throughput.write) == (given.ReadCapacityUnits, given.WriteCapacityUnits)


def _unchanged(opening: str, subject: str, throughput: Throughput) -> str:
    units = [
        f"Current {name} provisioned for {subject}: {value}. Requested {name}: {value}."
        for name, value in (("ReadCapacityUnits", throughput.read), ("WriteCapacityUnits", throughput.write))
    ]
    return (
        f"{opening} will not change. The requested value equals the current value. {' '.join(units)} "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )


def _capacity_of_indexes(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    """A table that becomes provisioned needs capacity for each of its global indexes."""
    if request.BillingMode != "PROVISIONED" or definition.billing_mode == "PROVISIONED":
        return None
    given = {
        update.Update.IndexName
        for update in request.GlobalSecondaryIndexUpdates or ()
        if update.Update is not None and update.Update.ProvisionedThroughput is not None
    }
    missing = next((index.name for index in _living(definition) if index.name not in given), None)
    if missing is None:
        return None
    return f"{INVALID}ProvisionedThroughput must be specified for index: {missing}"


def _living(definition: TableDefinition) -> Iterator[IndexDefinition]:
    return (index for index in definition.global_indexes if not index.deleting)


def _created_indexes(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    creations = [update.Create for update in request.GlobalSecondaryIndexUpdates or () if update.Create]
    return first(*(partial(_created_index, definition, request, create) for create in creations))


def _created_index(
    definition: TableDefinition, request: UpdateTableInput, create: CreateGlobalSecondaryIndexAction
) -> str | None:
    if definition.index(create.IndexName) is not None:
        return "Attempting to create an index which already exists"
    defined = set(definition.attributes)
    defined.update(attribute.AttributeName for attribute in request.AttributeDefinitions or ())
    if any(element.AttributeName not in defined for element in create.KeySchema):
        if request.AttributeDefinitions is None:
            return f"{INVALID}AttributeDefinitions is not specified for index: {create.IndexName}"
        return key_rules.undefined_keys(create.KeySchema, request.AttributeDefinitions)
    return index_capacity(
        create.IndexName, create.ProvisionedThroughput, on_demand=_on_demand_after(definition, request)
    )


def _kind_of_index(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    for update in request.GlobalSecondaryIndexUpdates or ():
        index = definition.index(index_update_name(update))
        if index is not None and index.kind == "local" and update.Create is None:
            verb = "delete" if update.Delete else "update"
            return f"Cannot {verb} an index that is not a GlobalSecondaryIndex: {index.name}"
    return None


def _updated_indexes(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    updates = [update.Update for update in request.GlobalSecondaryIndexUpdates or () if update.Update]
    return first(*(partial(_updated_index, definition, request, update) for update in updates))


def _updated_index(
    definition: TableDefinition, request: UpdateTableInput, update: UpdateGlobalSecondaryIndexAction
) -> str | None:
    index = definition.index(update.IndexName)
    given = update.ProvisionedThroughput
    on_demand = _on_demand_after(definition, request)
    if on_demand and given is not None:
        return (
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            f"for index: {update.IndexName} when BillingMode is PAY_PER_REQUEST"
        )
    if given is None and update.OnDemandThroughput is None and update.WarmThroughput is None:
        if on_demand:
            return (
                f"{INVALID}The only Updates for index: {update.IndexName} when TableThroughputMode is "
                "PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput"
            )
        return (
            f"{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified "
            f"for index: {update.IndexName}"
        )
    stays = definition.billing_mode == "PROVISIONED"
    if index is not None and given is not None and stays and _same(index.throughput, given):
        subject = f"the index {index.name}"
        return _unchanged(f"The provisioned throughput for {subject}", "the index", index.throughput)
    return on_demand_range(
        f"index : {update.IndexName}", update.OnDemandThroughput, on_demand=on_demand, removable=True
    )


def _stream(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    given = request.StreamSpecification
    if given is None:
        return None
    enabled = definition.stream is not None and definition.stream.view_type is not None
    if given.StreamEnabled and given.StreamViewType is None:
        return f"{INVALID}If stream is being enabled then UpdateViewType is required"
    if not given.StreamEnabled and given.StreamViewType is not None:
        return f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified"
    if given.StreamEnabled and enabled:
        return f"Table already has an enabled stream: TableName: {definition.name}"
    if not given.StreamEnabled and not enabled:
        return f"Table has no stream to disable: TableName: {definition.name}"
    return None


def _encryption(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    given = request.SSESpecification
    if given is None:
        return None
    if not given.Enabled and definition.encryption is None:
        return f"{INVALID}Table is already encrypted by default"
    if given.Enabled and definition.encryption is not None:
        current = definition.encryption.get("KMSMasterKeyId")
        if given.KMSMasterKeyId == current:
            return (
                f"{INVALID}Table is already encrypted with given KMSMasterKeyId. "
                "Use KMSMasterKeyId parameter if you want to change Master Key"
            )
    return None


def _on_demand(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    return on_demand_range(
        "table",
        request.OnDemandThroughput,
        on_demand=_on_demand_after(definition, request),
        removable=True,
    )


def _warm(definition: TableDefinition, request: UpdateTableInput) -> str | None:
    given = request.WarmThroughput
    if given is None or definition.warm is None:
        return None
    for member in ("ReadUnitsPerSecond", "WriteUnitsPerSecond"):
        units = getattr(given, member)
        if units is not None and units < definition.warm.get(member, 0):
            return (
                f"{INVALID}Requested {member} for WarmThroughput for table is lower than current "
                "WarmThroughput, decreasing WarmThroughput is not supported"
            )
    return None


UPDATE_TABLE_AS_IT_IS: Final = (
    Rule(_capacity_of_indexes, CAPTURE_2026),
    Rule(_created_indexes, CAPTURE_2026),
    Rule(_kind_of_index, CAPTURE_OLD),
    Rule(_capacity_of_table, CAPTURE_2026),
    Rule(_updated_indexes, CAPTURE_2026),
    Rule(_stream, CAPTURE_2026),
    Rule(_encryption, CAPTURE_2026),
    Rule(_on_demand, CAPTURE_2026),
    Rule(_warm, CAPTURE_2026),
)


def check_index_limits(definition: TableDefinition, request: UpdateTableInput) -> None:
    """Refuse unknown indexes, too many, and a second one on its way (ApiError)."""
    updates = request.GlobalSecondaryIndexUpdates or []
    for update in updates:
        index = definition.index(index_update_name(update))
        if update.Create is None and (index is None or index.deleting):
            raise ApiError(
                "ResourceNotFoundException",
                f"Requested resource not found: "
                f"Index {index_update_name(update)} for table {definition.name}",
            )
    online = sum(1 for update in updates if update.Update is None)
    on_their_way = sum(1 for index in definition.global_indexes if index.deleting or not index.filled)
    if online > 1 or (online and on_their_way):
        raise ApiError(
            "LimitExceededException",
            "Subscriber limit exceeded: "
            "Only 1 online index can be created or deleted simultaneously per table",
        )
    created = sum(1 for update in updates if update.Create)
    if sum(1 for _ in _living(definition)) + created > GLOBAL_INDEXES_MAX:
        raise ApiError(
            "LimitExceededException",
            "Subscriber limit exceeded: "
            f"Number of global secondary indexes exceeds per-table limit of {GLOBAL_INDEXES_MAX}",
        )
