"""The wire of the other AWS services that clients of DynamoDB call on the same port.

    recognition   for which service a request is, and in which protocol it speaks
    front         the order of checks, from a request to its reply
    query         forms in, XML out                   STS, IAM, CloudWatch
    aws_json      AWS JSON 1.0 and 1.1                CloudWatch, Application Auto Scaling, KMS
    cbor          Smithy RPC v2 CBOR                  CloudWatch

Nothing here is imported before the first such request. Source: docs/protocol.md, "Other services".
"""
