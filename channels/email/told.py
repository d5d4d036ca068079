"""What was understood of a mail, as `bot email read` and `bot email reply` print it."""

from pydantic import JsonValue

from channels.email.charsets import text_of
from channels.email.decision import Answer, approval
from channels.email.lines import without_signs
from channels.email.mail import Mail, Said
from channels.email.newtext import split
from channels.email.offers import Offer
from channels.email.refusals import Refused

_ANY_APPROVAL = Offer(kind="approval", may_grant_s=366 * 86_400)
"""A request as generous as one can be: without the request at hand, its fields and options are not known."""


def told(mail: Mail) -> dict[str, JsonValue]:
    """Return a mail's parts by name.

    `refusal` names why the bot would not take it, `decision` is what its new text says to an approval: `approve`,
    `reject` or null. A decision counts only if the request's own reply address, its addressee and `authenticated`
    agree with it.
    """
    refusal = mail.refusal or (None if mail.kind == "human" else Refused(mail.kind))
    return {
        "message_id": mail.message_id,
        "from": mail.sender.address if mail.sender else None,
        "subject": mail.subject,
        "kind": mail.kind,
        "refusal": refusal.value if refusal else None,
        "new_text": mail.said.new_text,
        "quoted": mail.said.quoted,
        "forwarded": mail.said.forwarded,
        "in_reply_to": " ".join(mail.in_reply_to) or None,
        "references": list(mail.references),
        "attachments": [file.model_dump(mode="json") for file in mail.attachments],
        "authenticated": mail.proof.model_dump(mode="json"),
        "decision": None if refusal else _decision(mail.said, mail.sender.name if mail.sender else ""),
    }


def told_reply(raw: bytes) -> dict[str, JsonValue]:
    """Return the parts of a plain-text body without its header; its bytes are UTF-8, or else Windows-1252."""
    said = split(without_signs(text_of(raw, None)))
    return {
        "new_text": said.new_text,
        "quoted": said.quoted,
        "forwarded": said.forwarded,
        "decision": _decision(said, ""),
    }


def _decision(said: Said, name: str) -> str | None:
    found = approval(said, _ANY_APPROVAL, name)
    return found.answer if isinstance(found, Answer) else None
