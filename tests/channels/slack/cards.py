"""Requests, decisions and deliveries to show, as the core makes them."""

from datetime import UTC, datetime

from bot.places import Card, Content, Decision, Delivery, EditField, Place

REQUEST = "07-abcdefghijklmnop.5.qrstuvwxyz234"
THREAD = "07-abcdefghijklmnop"
EXPIRES = datetime(2027, 1, 2, 3, 4, tzinfo=UTC)
TAG = EditField(name="tag", kind="text", value="v1.4.0", description="The version to deploy")

APPROVAL = Card(
    request=REQUEST,
    request_kind="approval",
    title="Deploy service",
    agent="deploy",
    step="deploy_service",
    arguments={"service": "backend", "tag": "v1.4.0", "environment": "production"},
    snapshot={"commit": "0f3c2d1"},
    why="Ana asked for the newest backend.",
    asked_by="Ana Lima",
    approvers=("Rob Wills", "Mia Chen"),
    digest8="0123abcd",
    expires_at=EXPIRES,
    thread=THREAD,
)
QUESTION = Card(
    request=REQUEST,
    request_kind="question",
    title="Question",
    agent="deploy",
    text="Which of them?",
    format="multiple_choice",
    options=("backend", "frontend"),
    expires_at=EXPIRES,
    thread=THREAD,
)
OPEN_QUESTION = QUESTION.model_copy(update={"format": "free_text", "options": ()})
DOUBT = APPROVAL.model_copy(update={"request_kind": "doubt", "options": ("it_did", "run_it", "stop")})
STUCK = DOUBT.model_copy(update={"request_kind": "stuck", "options": ("go_on", "stop")})
APPROVED = Decision(card=APPROVAL, outcome="approved", by="Rob Wills", at=datetime(2027, 1, 1, tzinfo=UTC))

RELEASES = Place(channel="slack", address="T0ACME/C0RELEASES")


def delivery(content: Content, place: Place = RELEASES, delivery_id: str = "d1") -> Delivery:
    """A delivery of this content."""
    return Delivery(id=delivery_id, thread=THREAD, place=place, content=content)
