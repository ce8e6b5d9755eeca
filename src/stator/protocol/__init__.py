"""The wire: an HTTP message in, the bytes of a reply out. No sockets, no clock but the one handed in."""
