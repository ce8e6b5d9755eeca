"""Moving tables between a file and any DynamoDB endpoint, over the wire: a client, no part of the server."""
