"""A good request or two of every operation, and how one is spoilt.

They are about the table `things`, which the request of CreateTable makes. At random places members are
dropped, doubled, swapped between requests, given another type or an extreme value.
"""

import copy
import random
from collections.abc import Iterator
from typing import Any

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
TABLE_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/things"
BACKUP_ARN = TABLE_ARN + "/backup/01489602797149-73d8d5bc"

REQUESTS: dict[str, list[Any]] = {
    "CreateTable": [
        {
            "TableName": "things",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
                {"AttributeName": "by", "AttributeType": "S"},
            ],
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            "LocalSecondaryIndexes": [
                {
                    "IndexName": "local",
                    "KeySchema": [
                        {"AttributeName": "pk", "KeyType": "HASH"},
                        {"AttributeName": "by", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
                }
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "global",
                    "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
                }
            ],
            "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "SSESpecification": {"Enabled": True},
            "Tags": [{"Key": "k", "Value": "v"}],
        }
    ],
    "UpdateTable": [
        {
            "TableName": "things",
            "ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 6},
            "GlobalSecondaryIndexUpdates": [
                {"Update": {"IndexName": "global", "ProvisionedThroughput": {"ReadCapacityUnits": 7}}}
            ],
        },
        {"TableName": "things", "BillingMode": "PAY_PER_REQUEST"},
        {"TableName": "things", "DeletionProtectionEnabled": False},
    ],
    "DescribeTable": [{"TableName": TABLE_ARN}],
    "ListTables": [{"Limit": 10, "ExclusiveStartTableName": "abc"}],
    "TagResource": [{"ResourceArn": TABLE_ARN, "Tags": [{"Key": "a", "Value": "b"}]}],
    "UntagResource": [{"ResourceArn": TABLE_ARN, "TagKeys": ["a"]}],
    "ListTagsOfResource": [{"ResourceArn": TABLE_ARN, "NextToken": "a"}],
    "UpdateTimeToLive": [
        {"TableName": "things", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}}
    ],
    "DescribeTimeToLive": [{"TableName": "things"}],
    "UpdateContinuousBackups": [
        {
            "TableName": "things",
            "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": True,
                "RecoveryPeriodInDays": 7,
            },
        }
    ],
    "DescribeContinuousBackups": [{"TableName": TABLE_ARN}],
    "ExportTableToPointInTime": [
        {
            "TableArn": TABLE_ARN,
            "ExportTime": 1_700_000_000,
            "ClientToken": "token",
            "S3Bucket": "bucket",
            "S3Prefix": "a/b",
            "S3SseAlgorithm": "KMS",
            "S3SseKmsKeyId": "key",
            "ExportFormat": "ION",
            "FilterSpecification": {
                "FilterExpression": "#b = :b",
                "ProjectionExpression": "pk, #b",
                "ExpressionAttributeNames": {"#b": "by"},
                "ExpressionAttributeValues": {":b": {"S": "x"}},
            },
        },
        {
            "TableArn": TABLE_ARN,
            "S3Bucket": "bucket",
            "ExportType": "INCREMENTAL_EXPORT",
            "IncrementalExportSpecification": {
                "ExportFromTime": 1_700_000_000,
                "ExportToTime": 1_700_003_600,
                "ExportViewType": "NEW_IMAGE",
            },
        },
    ],
    "DescribeExport": [{"ExportArn": TABLE_ARN + "/export/01489602797149-73d8d5bc"}],
    "ListExports": [{"TableArn": TABLE_ARN, "MaxResults": 5, "NextToken": "00"}],
    "ImportTable": [
        {
            "ClientToken": "token",
            "S3BucketSource": {"S3Bucket": "bucket", "S3KeyPrefix": "a"},
            "InputFormat": "CSV",
            "InputFormatOptions": {"Csv": {"Delimiter": ";", "HeaderList": ["pk", "x"]}},
            "InputCompressionType": "GZIP",
            "TableCreationParameters": {
                "TableName": "imported",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        }
    ],
    "DescribeImport": [{"ImportArn": TABLE_ARN + "/import/01489602797149-73d8d5bc"}],
    "ListImports": [{"TableArn": TABLE_ARN, "PageSize": 5, "NextToken": "0" * 112}],
    "StartBulkPutItems": [
        {
            "TableName": "things",
            "ClientToken": "token",
            "InputS3Configuration": {"S3Bucket": "bucket", "InputFormat": "ION"},
            "OutputS3Configuration": {"S3Bucket": "bucket", "OutputType": ["ERROR"]},
            "MaxWriteRequestUnits": 2_000,
            "PerformanceTier": "STANDARD",
        }
    ],
    "DescribeBulkOperation": [{"BulkOperationArn": TABLE_ARN + "/bulk-operation/01489602797149-73d8d5bc"}],
    "ListBulkOperations": [{"MaxResults": 5, "NextToken": "0" * 16}],
    "CancelBulkOperation": [{"BulkOperationArn": TABLE_ARN + "/bulk-operation/01489602797149-73d8d5bc"}],
    "RestoreTableToPointInTime": [
        {
            "SourceTableName": "things",
            "TargetTableName": "restored",
            "UseLatestRestorableTime": True,
            "BillingModeOverride": "PROVISIONED",
            "ProvisionedThroughputOverride": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            "LocalSecondaryIndexOverride": [],
            "GlobalSecondaryIndexOverride": [
                {
                    "IndexName": "global",
                    "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            "SSESpecificationOverride": {"Enabled": True, "SSEType": "KMS"},
        },
        {"SourceTableArn": TABLE_ARN, "TargetTableName": "restored", "RestoreDateTime": 1_700_000_000},
    ],
    "RestoreTableFromBackup": [
        {
            "BackupArn": BACKUP_ARN,
            "TargetTableName": "restored",
            "OnDemandThroughputOverride": {"MaxReadRequestUnits": 10},
        }
    ],
    "PutItem": [
        {
            "TableName": "things",
            "Item": KEY
            | {
                "by": {"S": "x"},
                "m": {"M": {"l": {"L": [{"NS": ["1", "2"]}, {"B": "AAEC"}, {"NULL": True}]}}},
                "ttl": {"N": "1700000000"},
            },
            "ConditionExpression": "attribute_not_exists(#a) OR size(m) < :n",
            "ExpressionAttributeNames": {"#a": "pk"},
            "ExpressionAttributeValues": {":n": {"N": "10"}},
            "ReturnValues": "ALL_OLD",
            "ReturnConsumedCapacity": "INDEXES",
            "ReturnItemCollectionMetrics": "SIZE",
        },
        {"TableName": "things", "Item": KEY, "Expected": {"by": {"Exists": False}}},
    ],
    "GetItem": [
        {"TableName": "things", "Key": KEY, "ProjectionExpression": "m.l[0], by", "ConsistentRead": True},
        {"TableName": "things", "Key": KEY, "AttributesToGet": ["by"]},
    ],
    "UpdateItem": [
        {
            "TableName": "things",
            "Key": KEY,
            "UpdateExpression": "SET n = if_not_exists(n, :z) + :o, m.l[1] = :s REMOVE q ADD c :o "
            "DELETE t :t",
            "ExpressionAttributeValues": {
                ":z": {"N": "0"},
                ":o": {"N": "1"},
                ":s": {"S": "s"},
                ":t": {"SS": ["t"]},
            },
            "ReturnValues": "UPDATED_NEW",
        },
        {
            "TableName": "things",
            "Key": KEY,
            "AttributeUpdates": {"n": {"Action": "ADD", "Value": {"N": "1"}}},
            "Expected": {"n": {"ComparisonOperator": "GE", "AttributeValueList": [{"N": "0"}]}},
        },
    ],
    "DeleteItem": [
        {
            "TableName": "things",
            "Key": KEY,
            "ConditionExpression": "begins_with(by, :b) AND attribute_type(m, :m)",
            "ExpressionAttributeValues": {":b": {"S": "x"}, ":m": {"S": "M"}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    ],
    "Query": [
        {
            "TableName": "things",
            "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
            "FilterExpression": "contains(m, :p) OR NOT by IN (:p, :p)",
            "ExpressionAttributeValues": {":p": {"S": "a"}, ":a": {"N": "0"}, ":b": {"N": "9"}},
            "Limit": 2,
            "ScanIndexForward": False,
            "ExclusiveStartKey": KEY,
        },
        {
            "TableName": "things",
            "IndexName": "local",
            "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
            "QueryFilter": {"x": {"ComparisonOperator": "NOT_NULL"}},
            "Select": "COUNT",
        },
    ],
    "Scan": [
        {"TableName": "things", "Segment": 0, "TotalSegments": 3, "FilterExpression": "attribute_exists(by)"},
        {"TableName": "things", "IndexName": "global", "ExclusiveStartKey": KEY | {"by": {"S": "x"}}},
    ],
    "BatchGetItem": [{"RequestItems": {"things": {"Keys": [KEY], "ProjectionExpression": "pk"}}}],
    "BatchWriteItem": [
        {
            "RequestItems": {
                "things": [
                    {"PutRequest": {"Item": KEY | {"sk": {"N": "2"}}}},
                    {"DeleteRequest": {"Key": KEY | {"sk": {"N": "3"}}}},
                ]
            }
        }
    ],
    "TransactWriteItems": [
        {
            "TransactItems": [
                {"Put": {"TableName": "things", "Item": KEY | {"sk": {"N": "4"}}}},
                {"Update": {"TableName": "things", "Key": KEY, "UpdateExpression": "REMOVE z"}},
                {
                    "ConditionCheck": {
                        "TableName": "things",
                        "Key": KEY | {"sk": {"N": "5"}},
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                },
            ],
            "ClientRequestToken": "token",
            "ReturnConsumedCapacity": "INDEXES",
        }
    ],
    "TransactGetItems": [{"TransactItems": [{"Get": {"TableName": "things", "Key": KEY}}]}],
    "ExecuteStatement": [
        {"Statement": "SELECT pk, m.l[0] FROM things WHERE pk = ? AND sk > 0", "Parameters": [{"S": "a"}]},
        {"Statement": "UPDATE things SET n = n + 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"},
    ],
    "BatchExecuteStatement": [{"Statements": [{"Statement": "DELETE FROM things WHERE pk='a' AND sk=9"}]}],
    "ExecuteTransaction": [
        {"TransactStatements": [{"Statement": "INSERT INTO things VALUE {'pk': 'b', 'sk': 1}"}]}
    ],
    "ListStreams": [{"TableName": "things", "Limit": 3}],
    "DescribeStream": [{"StreamArn": TABLE_ARN + "/stream/2026-01-01T00:00:00.000"}],
    "GetShardIterator": [
        {
            "StreamArn": TABLE_ARN + "/stream/2026-01-01T00:00:00.000",
            "ShardId": "shardId-00000001700000000000-00000004",
            "ShardIteratorType": "AT_SEQUENCE_NUMBER",
            "SequenceNumber": "1000000000000000000262144",
        }
    ],
    "GetRecords": [{"ShardIterator": "AAAA", "Limit": 5}],
    "CreateBackup": [{"TableName": "things", "BackupName": "nightly"}],
    "DescribeBackup": [{"BackupArn": BACKUP_ARN}],
    "ListBackups": [
        {
            "TableName": "things",
            "Limit": 3,
            "BackupType": "ALL",
            "TimeRangeLowerBound": 0,
            "TimeRangeUpperBound": 4e9,
            "ExclusiveStartBackupArn": BACKUP_ARN,
        }
    ],
    "DeleteBackup": [{"BackupArn": BACKUP_ARN}],
    "DescribeLimits": [{}],
    "DescribeEndpoints": [{}],
    "DeleteTable": [{"TableName": "other"}],
}

DONORS: list[Any] = [request for requests in REQUESTS.values() for request in requests]

EXTREMES: list[Any] = [
    None, True, -1, 0, 2**31, 2**63, 1e308, 2.5, "", "a", "é\U0001f600\0", "x" * 5000, [], {}, [None],
    {"S": ""}, {"N": "1e200"}, {"N": "NaN"}, {"B": "%"}, {"SS": ["a", "a"]}, {"M": {"": {"S": "x"}}},
    {"L": [{}]}, {"S": "a", "N": "1"}, "arn:", "arn:aws:dynamodb:::table/", ":v", "#n", "a.b[1]", "size(a)",
    "))((", "SELECT",
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) inside a request."""
    members = list(value.items() if isinstance(value, dict) else enumerate(value))
    for key, member in members:
        yield value, key
        if isinstance(member, dict | list):
            yield from places(member)


def mutated(random_: random.Random, request: Any, donor: Any) -> Any:
    """A copy of a request, changed at one to three places; what is swapped in comes from `donor`."""
    request = copy.deepcopy(request)
    for _ in range(random_.choice([1, 1, 1, 2, 3])):
        found = list(places(request))
        if not found:
            break
        container, key = random_.choice(found)
        match random_.choice(["drop", "extreme", "extreme", "swap", "rename", "repeat"]):
            case "drop":
                del container[key]
            case "extreme":
                container[key] = copy.deepcopy(random_.choice(EXTREMES))
            case "swap":
                other, name = random_.choice(list(places(donor)) or [({"x": 1}, "x")])
                container[key] = copy.deepcopy(other[name])
            case "rename" if isinstance(container, dict):
                container[str(random_.choice(["", "x", "S", "N", "#a", ":v", "things"]))] = container.pop(key)
            case _ if isinstance(container, list):
                container.extend([container[key]] * random_.choice([1, 30, 101]))
            case _:
                pass
    return request
