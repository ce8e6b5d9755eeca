"""AWS's limits, each with its unit in its name and its source.

Sources: [Q] "Quotas in Amazon DynamoDB" and [N] "Supported data types and naming rules" of the developer
guide, [A] the API reference. A limit that a user may tune is a setting (`stator.server.config`), not a limit.
"""

from typing import Final

ITEM_SIZE_BYTES_MAX: Final = 409_600  # [Q] 400 KB, names and values together
PARTITION_KEY_BYTES_MAX: Final = 2_048  # [Q]
SORT_KEY_BYTES_MAX: Final = 1_024  # [Q]
NESTING_LEVELS_MAX: Final = 32  # [Q]
ATTRIBUTE_NAME_BYTES_MAX: Final = 65_535  # [N]
NUMBER_DIGITS_MAX: Final = 38  # [N]
NUMBER_EXPONENT_MAX: Final = 125  # [N] 9.99…E+125
NUMBER_EXPONENT_MIN: Final = -130  # [N] 1E-130

REQUEST_BODY_BYTES_MAX: Final = 16 * 1024 * 1024  # [Q]
PAGE_BYTES_MAX: Final = 1024 * 1024  # [A] Query, Scan
BATCH_GET_BYTES_MAX: Final = 16 * 1024 * 1024  # [A] BatchGetItem
BATCH_GET_KEYS_MAX: Final = 100  # [A]
BATCH_WRITE_REQUESTS_MAX: Final = 25  # [A]
TRANSACTION_BYTES_MAX: Final = 4 * 1024 * 1024  # [A] the items of TransactWriteItems or TransactGetItems
CLIENT_TOKEN_SECONDS: Final = 600  # [A] for which a ClientRequestToken holds after its transaction's end

EXPRESSION_BYTES_MAX: Final = 4_096  # [Q]
EXPRESSION_OPERATORS_MAX: Final = 300  # [Q]
EXPRESSION_IN_OPERANDS_MAX: Final = 100  # [Q]
EXPRESSION_PATH_DEPTH_MAX: Final = 32  # [Q]

COLLECTION_BYTES_MAX: Final = 10 * 1024**3  # [Q] what shares a partition key, if there are local indexes

READ_UNIT_BYTES: Final = 4_096  # [A] one strongly consistent read of up to 4 KB
WRITE_UNIT_BYTES: Final = 1_024  # [A]

LOCAL_INDEXES_MAX: Final = 5  # [Q] per table
EXPORTS_MAX: Final = 300  # [Q] under way at once, per account
EXPORT_WINDOW_SECONDS_MIN: Final = 15 * 60  # developer guide, "Requesting a table export": incremental ones
EXPORT_WINDOW_SECONDS_MAX: Final = 24 * 3_600
IMPORTS_MAX: Final = 50  # [Q] under way at once, per account

GLOBAL_INDEXES_MAX: Final = 20  # [Q] per table, default quota
PROJECTED_ATTRIBUTES_MAX: Final = 100  # [Q] named by INCLUDE over all indexes of a table
INDEX_KEY_ATTRIBUTES_MAX: Final = 4  # [A] of each kind, in a global secondary index
TAGS_MAX: Final = 50  # [Q] per resource
TABLES_LISTED_MAX: Final = 100  # [A] one page of ListTables
TAGS_LISTED: Final = 10  # one page of ListTagsOfResource
EXPIRED_SECONDS_MAX: Final = 5 * 365 * 86_400  # developer guide, TTL: what expired earlier is not deleted
STREAMS_LISTED_MAX: Final = 100  # [A] one page of ListStreams, and of a stream's shards
STREAM_RECORDS_MAX: Final = 1_000  # [A] one page of GetRecords
STREAM_PAGE_BYTES_MAX: Final = 1024 * 1024  # [A] GetRecords
TABLE_CAPACITY_UNITS_MAX: Final = 40_000  # [Q] default quota per table
ACCOUNT_CAPACITY_UNITS_MAX: Final = 80_000  # [Q] default quota per account
WARM_READ_UNITS: Final = 12_000  # [A] what a new on-demand table sustains
WARM_WRITE_UNITS: Final = 4_000  # [A]
