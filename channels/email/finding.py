"""One line of `bot doctor` about email."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What was found, whether that is well, and how to mend it; `warns`: it works, and could be better."""

    ok: bool
    what: str
    mend: str = ""
    warns: bool = False
