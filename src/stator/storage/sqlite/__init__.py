"""The embedded engine: one SQLite database in a directory, through APSW."""
