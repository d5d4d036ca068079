"""What must hold for any bytes: nothing raises, all can be stored and printed, quoted text decides nothing."""

import json

from channels.email.decision import Answer, approval
from channels.email.mail import Mail
from channels.email.newtext import split
from channels.email.offers import Offer
from channels.email.parse import read_mail
from channels.email.told import told, told_reply

_OFFER = Offer(kind="approval", may_grant_s=3_600)


def one_input(data: bytes) -> None:
    """Read the bytes as a mail, as a mail's body and as quoted text.

    Raises AssertionError, or whatever the reader raises, if anything is not as promised.
    """
    mail = read_mail(data, "mx.acme.test", _no_key)
    if Mail.model_validate_json(mail.model_dump_json()) != mail:
        raise AssertionError("a mail is not what was stored of it")
    json.dumps(told(mail))
    json.dumps(told_reply(data))
    quoted = split("\n".join(f"> {line}" for line in data.decode("utf-8", "replace").splitlines()))
    decided = isinstance(approval(quoted, _OFFER), Answer)
    if decided:
        raise AssertionError("quoted text decided")


def _no_key(_name: str) -> bytes | None:
    return None
