"""Copies of whole tables: a table as it was, backups, exports, imports, and the jobs that make them."""
