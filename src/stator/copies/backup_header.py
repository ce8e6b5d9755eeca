"""What a backup says of itself and of its table: the JSON document at the beginning of its file.

The document is a format of its own, with names that stay: another Stator, of another version, makes the table
anew from it alone. So it names no space, no digest and no other thing of the database that it comes from.
"""

import re
from typing import Final, Literal

import msgspec
from msgspec import Struct

from stator import __version__
from stator.tables.definition import (
    BillingMode,
    Encryption,
    IndexDefinition,
    IndexKind,
    Keys,
    TableDefinition,
    Throughput,
)

FORMAT: Final = "stator-backup"
NOWHERE: Final = 0  # the space of a table or an index that is not in a database

ARN: Final = re.compile(
    r"arn:[^:]*:dynamodb:[^:]*:[0-9]{12}:table/[a-zA-Z0-9_.-]{3,255}/backup/[0-9]{14}-[0-9a-f]{8}"
)
"""What the ARN of a backup looks like, whoever made it."""

_TYPES: Final = frozenset("SNB")

BackupType = Literal["USER", "SYSTEM"]


class BackedUpIndex(Struct, frozen=True, omit_defaults=True):
    """A secondary index of the table. Throughput is in units, 0 and 0 on demand."""

    name: str
    kind: IndexKind
    keys: Keys
    projection: str
    non_key_attributes: tuple[str, ...] = ()
    throughput: Throughput = Throughput()
    on_demand: dict[str, int] | None = None
    warm: dict[str, int] | None = None


class BackedUpTable(Struct, frozen=True, omit_defaults=True):
    """The table as it was. Times are seconds since the epoch.

    `stream` is the view type and `ttl` the attribute: of settings that a backup shows, and a restore leaves
    out.
    """

    name: str
    id: str
    arn: str
    created_at: float
    attributes: dict[str, str]
    keys: Keys
    billing_mode: BillingMode = "PROVISIONED"
    throughput: Throughput = Throughput()
    on_demand_since: float | None = None
    on_demand: dict[str, int] | None = None
    warm: dict[str, int] | None = None
    table_class: str | None = None
    encryption: Encryption | None = None
    indexes: tuple[BackedUpIndex, ...] = ()
    stream: str | None = None
    ttl: str | None = None


class Header(Struct, frozen=True, omit_defaults=True):
    """The document. Times are seconds since the epoch; `expires_at` is only that of SYSTEM backups."""

    arn: str
    name: str
    type: BackupType
    created_at: float
    table: BackedUpTable
    expires_at: float | None = None
    server: str = ""
    format: str = ""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Header).decode


def encode(header: Header) -> bytes:
    """The document as JSON, indented for people."""
    return msgspec.json.format(_encode(header), indent=1) + b"\n"


def decode(document: bytes) -> Header:
    """The header. Raises ValueError if it is none."""
    header = _decode(document)
    if header.format != FORMAT:
        raise ValueError(f"its format is {header.format!r}")
    if ARN.fullmatch(header.arn) is None:
        raise ValueError(f"{header.arn!r} is no ARN of a backup")
    table = header.table
    keys = (table.keys, *(index.keys for index in table.indexes))
    used = {name for each in keys for name in each.names}
    if not all(each.hash for each in keys) or not used <= table.attributes.keys():
        raise ValueError("its keys are those of no table")
    if not _TYPES.issuperset(table.attributes.values()):
        raise ValueError("its key attributes are of no types that keys have")
    return header


def new_header(
    definition: TableDefinition,
    *,
    arn: str,
    table_arn: str,
    name: str,
    type: BackupType,
    created_at: float,
    expires_at: float | None = None,
) -> Header:
    """The header of a backup of a table, made by this version of Stator."""
    return Header(
        arn=arn,
        name=name,
        type=type,
        created_at=created_at,
        expires_at=expires_at,
        table=_backed_up(definition, table_arn),
        server=f"stator {__version__}",
        format=FORMAT,
    )


def _backed_up(definition: TableDefinition, arn: str) -> BackedUpTable:
    stream = definition.stream
    indexes = [index for index in definition.indexes if not index.deleting]
    used = {name for keys in (definition.keys, *(index.keys for index in indexes)) for name in keys.names}
    return BackedUpTable(
        name=definition.name,
        id=definition.id,
        arn=arn,
        created_at=definition.created_at,
        attributes={name: kind for name, kind in definition.attributes.items() if name in used},
        keys=definition.keys,
        billing_mode=definition.billing_mode,
        throughput=_units(definition.throughput),
        on_demand_since=definition.on_demand_since,
        on_demand=definition.on_demand,
        warm=definition.warm,
        table_class=definition.table_class,
        encryption=definition.encryption,
        indexes=tuple(
            BackedUpIndex(
                name=index.name,
                kind=index.kind,
                keys=index.keys,
                projection=index.projection,
                non_key_attributes=index.non_key_attributes,
                throughput=_units(index.throughput),
                on_demand=index.on_demand,
                warm=index.warm,
            )
            for index in indexes
        ),
        stream=None if stream is None else stream.view_type,
        ttl=definition.ttl.attribute,
    )


def _units(throughput: Throughput) -> Throughput:
    return Throughput(throughput.read, throughput.write)


def restored(table: BackedUpTable) -> TableDefinition:
    """The table as a definition that lies in no database yet, without what a restore leaves out."""
    return TableDefinition(
        name=table.name,
        id=table.id,
        space=NOWHERE,
        created_at=table.created_at,
        attributes=table.attributes,
        keys=table.keys,
        billing_mode=table.billing_mode,
        throughput=table.throughput,
        on_demand_since=table.on_demand_since,
        on_demand=table.on_demand,
        warm=table.warm,
        table_class=table.table_class,
        encryption=table.encryption,
        indexes=tuple(
            IndexDefinition(
                name=index.name,
                kind=index.kind,
                space=NOWHERE,
                keys=index.keys,
                projection=index.projection,
                non_key_attributes=index.non_key_attributes,
                throughput=index.throughput,
                on_demand=index.on_demand,
                warm=index.warm,
            )
            for index in table.indexes
        ),
    )
