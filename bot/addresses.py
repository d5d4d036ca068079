"""How accounts and places are spelled: one spelling for each, so that people can be told apart by it."""

import re

# Deliberately narrower than RFC 5321 section 4.1.2: no quoted local parts, so nothing can hide inside an address.
_ADDRESS = re.compile(r"[^\s@\"<>(),:;\\\[\]]+@[^\s@\"<>(),:;\\\[\]]+")
_SLACK_USER = re.compile(r"[TE][A-Z0-9]+/[UWB][A-Z0-9]+")
_SLACK_CHANNEL = re.compile(r"slack:[TE][A-Z0-9]+/[CDG][A-Z0-9]+")
_SLACK_BOT = re.compile(r"B[A-Z0-9]+")
_LONGEST = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets


def fold_address(text: str) -> str:
    """Return the address in the spelling that is compared: ASCII letters in lower case, nothing else changed.

    Only ASCII is folded: Unicode case folding maps different addresses to one (the Kelvin sign becomes `k`, `ß`
    becomes `ss`), and a stranger could register one that folds to a colleague's.

    Raises ValueError if the text is not one bare address.
    """
    address = text.strip()
    if len(address) > _LONGEST or not address.isprintable() or not _ADDRESS.fullmatch(address):
        raise ValueError(f"{_shown(text)} is not an e-mail address such as ana@acme.test")
    return address.encode().lower().decode()


def slack_user_id(text: str) -> str:
    """Return `team/user` as it is; raises ValueError if the text is something else."""
    if not _SLACK_USER.fullmatch(text):
        raise ValueError(f"{text!a} should be a Slack team and user id, such as T0ACME/U0ANA")
    return text


def os_user_name(text: str) -> str:
    """Return the name of an operating-system user as it is; raises ValueError if it cannot be one."""
    if not text or not text.isprintable() or any(c.isspace() for c in text):
        raise ValueError(f"{text!a} should be the name of a user of the operating system, as `id -un` prints it")
    return text


def slack_channel(text: str) -> str:
    """Return `slack:team/channel` as it is; raises ValueError if the text is something else."""
    if not _SLACK_CHANNEL.fullmatch(text):
        raise ValueError(f"{text!a} should be a Slack channel with its team, such as slack:T0ACME/C0RELEASES")
    return text


def slack_bot(text: str) -> str:
    """Return the id of a bot as it is; raises ValueError if the text is something else."""
    if not _SLACK_BOT.fullmatch(text):
        raise ValueError(f"{text!a} should be the id of a bot in Slack, such as B0CI: `bot_id` of its messages")
    return text


def _shown(text: str) -> str:
    return ascii(text if len(text) <= _LONGEST else f"{text[:40]}...")
