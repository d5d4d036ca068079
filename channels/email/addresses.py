"""Addresses of ours: which one a mail was written to, and the reply addresses that carry a token."""

from collections.abc import Iterable, Sequence

from bot.errors import CountersignError

LONGEST_LOCAL = 64  # octets before the @ (RFC 5321, 4.5.3.1.1)
_MARK = "+r."


class AddressTooLongError(CountersignError):
    """No address in MAIL_ADDRESSES has room for a reply token: add one with at most 18 characters before the @."""


def split(address: str) -> tuple[str, str]:
    """Return what stands before and after the last @."""
    local, _, domain = address.rpartition("@")
    return local, domain


def base_of(address: str) -> str:
    """Return the address without what follows a plus sign before the @."""
    local, domain = split(address)
    return f"{local.partition('+')[0]}@{domain}"


def reply_address(via: str, token: str, ours: Sequence[str]) -> str:
    """Return the address to which an answer goes: of the address written from, or else of another one that fits.

    Raises AddressTooLongError if none has room for the token.
    """
    for address in (via, *sorted(ours, key=len)):
        local, domain = split(base_of(address))
        if len(f"{local}{_MARK}{token}".encode()) <= LONGEST_LOCAL:
            return f"{local}{_MARK}{token}@{domain}"
    raise AddressTooLongError


def token_in(recipients: Iterable[str], ours: Sequence[str]) -> str | None:
    """Return the reply token in the first recipient that has one and is an address of ours."""
    bases = {base_of(address) for address in ours}
    for address in recipients:
        local, _ = split(address)
        base, mark, token = local.partition(_MARK)
        if mark and token and f"{base}@{split(address)[1]}" in bases:
            return token
    return None


def addressed(recipients: Iterable[str], ours: Sequence[str]) -> str | None:
    """Return the address of ours that it was written to; None if it was to none.

    The first of ours is the default: it counts only if no other was written to, since a mailbox's own address stands
    in Delivered-To whatever alias the sender used. What follows a plus sign is the sender's, if it is no address of
    its own.
    """
    known = set(ours)
    found = [address if address in known else base_of(address) for address in recipients]
    mine = [address for address in found if address in known]
    return next((address for address in mine if address != ours[0]), mine[0] if mine else None)
