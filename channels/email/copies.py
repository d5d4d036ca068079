"""Who else takes part in a conversation by mail: those whom its author copied, as far as anybody vouches for that."""

from collections.abc import Sequence

from channels.email.addresses import base_of, split
from channels.email.mail import Mail, Sender

MOST_COPIES = 20  # a mail to more people is no conversation: its author alone is answered
_ROBOTS = ("noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster", "bounce")


def copied(mail: Mail, sender: Sender, ours: Sequence[str]) -> tuple[str, ...]:
    """Return whoever else is in To and Cc, without us and without programs.

    Nobody, if nothing proves who wrote it: else a forged mail could have us write to anyone.
    """
    if not mail.proof.ok:
        return ()
    bases = {base_of(address) for address in ours}
    found = [
        address
        for address in mail.copied
        if address != sender.address and base_of(address) not in bases and not _is_program(address)
    ]
    return tuple(found) if len(found) <= MOST_COPIES else ()


def _is_program(address: str) -> bool:
    return split(address)[0].startswith(_ROBOTS)
