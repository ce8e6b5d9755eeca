"""The shapes of the other AWS services that clients of DynamoDB call on the same port.

`directory` tells the services apart, without reading anything. `catalogue` reads the trimmed model of one
(`<service>.json`, facts only, made by `tools/service_models.py`) on its first request; `values` gives JSON
and CBOR values the types of its shapes, and `rules` holds a request to its constraints.
"""
