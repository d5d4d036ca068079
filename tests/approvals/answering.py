"""Answers of made-up people to made-up requests: taken, or refused for a reason."""

from dataclasses import replace

from bot.approvals.answers import Refusal, Said, judge
from bot.bodies import CardBody
from bot.config import parse_config
from bot.events import RequestAnswered
from bot.people import Directory
from tests.builders import APPROVERS, DIRECTORY, LogBuilder, at

TEXT = """
[people.ana]
[people.bo]
roles = [{bo}]
[people.cy]
[people.rob]
roles = ["finance", "operators"]
[people.sue]
roles = ["finance"]
[people.kim]
staff = false
roles = ["finance"]
[roles.finance]
delegates = ["cy", "ana"]
requesters_may_approve = {own}
[roles.operators]
"""


def people(*, bo: str = "", own: bool = False) -> Directory:
    """A bot.toml: Ana asks, Rob and Sue approve, Cy may be given what they are asked, Bo is an operator or not."""
    return Directory(parse_config(TEXT.format(bo=bo, own=str(own).lower())))


def said(who: str, answer: str, directory: Directory = DIRECTORY, **more: object) -> Said:
    """An answer by this person."""
    plain = Said(person=directory.by_id(who), proof="slack", answer="approve")
    return replace(plain, answer=answer, **more)  # pyright: ignore[reportArgumentType]  # the fields of Said


def editable(log: LogBuilder, call: str, approvers: tuple[str, ...] = APPROVERS, quorum: int = 1) -> str:
    body = CardBody(title="Pay", arguments={"amount": 1})
    return log.ask("approval", call, editable=("amount",), body=body, approvers=approvers, quorum=quorum)


def taken(log: LogBuilder, request: str, answer: Said, directory: Directory = DIRECTORY) -> RequestAnswered:
    found = judge(log.thread, request, answer, at(log.now, directory))
    assert isinstance(found, RequestAnswered), found
    log.append(found)
    assert log.thread.unreadable is None
    return found


def refused(log: LogBuilder, request: str, answer: Said, directory: Directory = DIRECTORY) -> Refusal:
    found = judge(log.thread, request, answer, at(log.now, directory))
    assert isinstance(found, Refusal), found
    return found
