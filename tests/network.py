"""Keeps the tests on this machine: no model, workspace or mailbox of anyone's is ever reached from here."""

import ipaddress
import socket
import sys
from typing import cast

RESOLVERS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyname_ex"}
SENDERS = {"socket.connect", "socket.sendto", "socket.sendmsg"}

refused: list[str] = []


class RealNetworkError(Exception):
    """A test may talk to this machine only: point the client at a local peer."""


def forbid_real_network() -> None:
    """Refuse, from now on and in this process, every name and address but this machine's own.

    It is an audit hook, so it also sees what third-party code does, and it cannot be taken off again.
    """
    sys.addaudithook(_refuse)


def is_local(host: object) -> bool:
    """Tell whether a host, as given to a socket call, is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in {None, "", "localhost", socket.gethostname()}:
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event in RESOLVERS:
        host = args[0]
    elif event in SENDERS and isinstance(args[1], tuple):  # a Unix socket's address is no tuple
        host = cast("tuple[object, ...]", args[1])[0]
    else:
        return
    if not is_local(host):
        refused.append(f"{event} {host}")
        raise RealNetworkError(refused[-1])
