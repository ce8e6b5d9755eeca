"""`stator apply`: what a template describes, made at any endpoint: a client, no part of the server."""
