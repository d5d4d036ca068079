"""Requests, decisions and deliveries to write as mails, as the core makes them."""

from datetime import UTC, datetime

from bot.ids import RequestIds, thread_id
from bot.places import Card, Content, Decision, Delivery, EditField, Place
from tests.channels.email.mails import SECRET

THREAD = thread_id("email", "<first@acme.test>", "ana@acme.test")
REQUEST = RequestIds(SECRET).make(THREAD, 4)
APPROVAL = Card(
    request=REQUEST,
    request_kind="approval",
    title="Deploy service",
    agent="deploy",
    step="deploy_service",
    arguments={"service": "backend", "tag": "v1.4.0"},
    snapshot={"commit": "0f3c2d1"},
    why="Ana asked for the newest backend.",
    asked_by="Ana Lima",
    approvers=("Rob Wills",),
    digest8="0123abcd",
    expires_at=datetime(2027, 1, 2, 3, 4, tzinfo=UTC),
    thread=THREAD,
)
FULL = APPROVAL.model_copy(
    update={
        "fields": (
            EditField(name="service", kind="choice", value="backend", choices=("backend", "shop")),
            EditField(name="tag", kind="text", value="v1.4.0", description="A tag of the repository"),
            EditField(name="note", kind="text", value="First line\n\nreject", required=False),
            EditField(name="story", kind="text", value="long " * 200),
        ),
        "reject_reasons": ("Too early", "Already approved elsewhere"),
        "may_grant_s": 7_200,
        "outside": True,
        "edited_by": "Mia Chen",
        "changed": {"tag": ["v1.3.9", "v1.4.0"]},
        "urgency": "high",
    }
)
"""A request that can be answered in every way there is."""
APPROVED = Decision(card=APPROVAL, outcome="approved", by="Rob Wills", at=datetime(2027, 1, 1, tzinfo=UTC))
ROB = Place(channel="email", address="rob@acme.test")
ANA = Place(
    channel="email",
    address="ana@acme.test",
    thread="<first@acme.test>",
    via="deploy@acme.test",
    subject="Please deploy",
)


def delivery(content: Content, place: Place = ROB, delivery_id: str = "aaaabbbbccccdddd") -> Delivery:
    """A delivery of this content."""
    return Delivery(id=delivery_id, thread=THREAD, place=place, content=content)
