"""The API's shapes: what a request may look like, and how AWS answers one that does not.

`requests` holds one Struct per operation's input; `decode(operation)` gives the decoder that makes one from
a body. `dynamodb.json` and `streams.json` are the service's own shapes (facts only, trimmed from botocore's
model by `tools/model.py`); `overlay.toml` says where AWS differs from them. All else follows from these.

What an attribute value holds (numbers, sets, emptiness) is not looked at here: `values.attribute` does that.
"""

from stator.model.catalogue import Operation, errors, operations
from stator.model.decoder import Decoder, decode

__all__ = ["Decoder", "Operation", "decode", "errors", "operations"]
