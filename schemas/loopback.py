"""The names of this host to itself: what goes there leaves it by no wire."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
