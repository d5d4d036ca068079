"""The notes of the log: they inform, and never move a thread."""

from typing import Literal

from bot.bodies import ErrorBody, Event, TextBody


class Delivered(Event):
    """Note: a channel took a delivery. It informs, and never moves a thread."""

    type: Literal["delivered"] = "delivered"
    delivery: str
    channel: str
    foreign: str
    request: str | None = None


class DeliveryFailed(Event):
    """Note: a delivery was given up."""

    type: Literal["delivery_failed"] = "delivery_failed"
    delivery: str
    channel: str
    body: ErrorBody | None = None


class Refused(Event):
    """Note: someone tried something that he may not."""

    type: Literal["refused"] = "refused"
    reason: str
    request: str | None = None


class Feedback(Event):
    """Note: what a person thinks of an answer. Of several by one person, the latest counts."""

    type: Literal["feedback"] = "feedback"
    call: str  # the one that gave the answer
    value: Literal["up", "down"]
    body: TextBody | None = None  # what was wrong with it, in their words
