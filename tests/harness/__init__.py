"""What tests stand on: server processes, a server on a thread, raw sockets, and parsed replies."""
