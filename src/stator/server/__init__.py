"""Sockets, settings, background jobs, and the life of a server from start to stop."""
