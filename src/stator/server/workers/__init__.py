"""Several processes that serve as one: a supervisor, one that writes, and others that read beside it."""
