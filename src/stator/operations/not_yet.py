"""The operations of the API that are not served yet, by topic.

They are answered as AWS answers a name that it does not know: 400, UnknownOperationException. (A 5xx would
have clients retry for minutes.) A test demands that these and the registry are all operations of the API, and
that none is in both.
"""

from typing import Final

NOT_YET: Final = frozenset(
    {
        # Kinesis
        "EnableKinesisStreamingDestination",
        "DisableKinesisStreamingDestination",
        "UpdateKinesisStreamingDestination",
        "DescribeKinesisStreamingDestination",
        # Contributor insights
        "UpdateContributorInsights",
        "DescribeContributorInsights",
        "ListContributorInsights",
        # Global tables
        "CreateGlobalTable",
        "UpdateGlobalTable",
        "DescribeGlobalTable",
        "ListGlobalTables",
        "DescribeGlobalTableSettings",
        "UpdateGlobalTableSettings",
        "DescribeTableReplicaAutoScaling",
        "UpdateTableReplicaAutoScaling",
        # Policies of resources
        "PutResourcePolicy",
        "GetResourcePolicy",
        "DeleteResourcePolicy",
        # Vector indexes
        "SearchVectors",
    }
)
