"""Servers without a database: how fast the HTTP stack alone can be on this machine.

`python -m benchmarks.bare.stack PORT` is Stator's own protocol and server layers with a constant handler;
`python -m benchmarks.bare.protocol PORT` is the least that uvloop and httptools can do.
"""

from typing import Final

ITEM: Final = b'{"Item":{"pk":{"S":"item-0000000000"},"text":{"S":"%b"}}}' % (b"x" * 970)
"""A reply as long as that of a GetItem on the data set."""
