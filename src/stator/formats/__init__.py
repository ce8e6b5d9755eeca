"""Items in files: the representations that exports, imports and backups speak."""
