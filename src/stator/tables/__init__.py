"""What a table is: its schema, its items, its indexes, and how each of them lies in ordered bytes.

Everything here runs inside one storage transaction that the caller has opened; nothing here knows a request.
"""
