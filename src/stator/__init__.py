"""Stator: a DynamoDB-compatible database that you own.

The packages are layers; imports point downwards only (see docs/architecture.md).
"""

__version__ = "0.1.0"
