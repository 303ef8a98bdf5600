"""Which connections are about to be made: a client was answered, and its last word is on its way.

Linux tells by netlink, https://man7.org/linux/man-pages/man7/sock_diag.7.html, and much faster than by /proc/net/tcp.
"""

import socket
import struct
import sys

_SOCK_DIAG, _BY_FAMILY, _DONE = 4, 20, 3  # linux/netlink.h, linux/sock_diag.h
_REQUEST_OF_ALL = 0x301
_HEAD = struct.Struct("=IHHII")  # length, kind, flags, number, sender
_SYN_RECV = 1 << 3 | 1 << 12  # in a kernel since 4.1 it is the second, to its users the first
_ANSWER_BYTES = 65536
_ANSWER_SECONDS = 0.1


def are_under_way(listener: socket.socket) -> bool:
    """Whether `listener` has such a connection; where that cannot be told it may have."""
    if sys.platform != "linux":
        return True
    families = {socket.AF_INET, listener.family}  # a listener of IPv6 may take connections of both
    try:
        return any(_first_kind(family, listener.getsockname()[1]) != _DONE for family in families)
    except OSError:
        return True


def _first_kind(family: int, port: int) -> int:
    """What the kernel answers first: a connection, an error, or that this was all."""
    address = struct.pack("!HH", port, 0) + bytes(44)  # nothing but the port on this side matters
    wanted = struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 0, _SYN_RECV) + address
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as link:
        link.settimeout(_ANSWER_SECONDS)
        link.send(_HEAD.pack(_HEAD.size + len(wanted), _BY_FAMILY, _REQUEST_OF_ALL, 1, 0) + wanted)
        kind: int = _HEAD.unpack_from(link.recv(_ANSWER_BYTES))[1]
    return kind
