"""Ordered bytes and nothing else: numbered sorted maps from bytes to bytes, and transactions on them."""
