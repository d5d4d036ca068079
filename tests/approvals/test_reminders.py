"""Reminders and escalations: who gets to read what, how often, and that no argument is among it."""

import pytest

from bot.approvals.cards import is_for_outsider
from bot.approvals.reminders import escalating, nobody_else, reminding, showing
from bot.bodies import CardAt, CardBody, RequestKind, Rung
from bot.config import parse_config
from bot.events import RequestEscalated
from bot.people import Directory
from bot.places import Card, Delivery, Place, StatusLine, Text
from tests.builders import PLACE, START, LogBuilder
from tests.example_steps import Pay

CONFIG = """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
[people.rob]
name = "Rob Wills"
slack = "T0ACME/U0ROB"
email = "rob@acme.test"
roles = ["finance", "release"]
[people.sue]
name = "Sue Park"
email = "sue@acme.test"
roles = ["finance", "release"]
[people.op]
name = "Op"
slack = "T0ACME/U0OP"
roles = ["operators"]
[roles.finance]
[roles.operators]
[roles.release]
channel = "slack:T0ACME/C0RELEASES"
"""
DIRECTORY = Directory(parse_config(CONFIG))
SECRET = "the-secret-argument"  # made up, to be looked for
CHANNEL = CardAt(delivery="channel", place=Place(channel="slack", address="T0ACME/C0RELEASES"))
ROB = CardAt(delivery="rob", place=Place(channel="slack", address="T0ACME/U0ROB"))
SUE = CardAt(delivery="sue", place=Place(channel="email", address="sue@acme.test"))
OP = CardAt(delivery="op", place=Place(channel="slack", address="T0ACME/U0OP"))
ORIGIN = CardAt(delivery="origin", place=PLACE)


class Asked:
    """A request with a ladder, of which this many rungs come first for those named."""

    def __init__(
        self,
        *reminded: tuple[str, ...],
        cards: tuple[CardAt, ...] = (ROB, SUE),
        role: str | None = "finance",
        kind: RequestKind = "approval",
        trust: str = "staff",
        quorum: int = 1,
        people: tuple[str, ...] = ("rob", "sue"),
        urgency: str = "medium",
        asked_by: str = "Ana Lima",
    ) -> None:
        self.log = LogBuilder(trust=trust)
        self.log.message()
        call = self.log.choose(Pay()) if kind in {"approval", "doubt"} else None
        rungs = [Rung(at=START + 60_000_000 * n, do="remind", people=each) for n, each in enumerate(reminded, 1)]
        rungs.append(Rung(at=START + 600_000_000, do="escalate", role="operators"))
        body = CardBody(
            title=f"Pay: {SECRET}", step="pay", arguments={"to": SECRET}, text=SECRET, why=SECRET, asked_by=asked_by
        )
        self.request = self.log.ask(
            kind,
            call,
            role=role,
            cards=cards,
            approvers=people,
            quorum=quorum,
            body=body,
            rungs=tuple(rungs),
            urgency=urgency,
        )

    def reminded(self, rung: int = 0, directory: Directory = DIRECTORY) -> list[Delivery]:
        return reminding(self.log.thread, self.log.thread.requests[self.request], rung, directory)

    def escalated(self, *people: str, cards: tuple[CardAt, ...] = (OP,)) -> list[Delivery]:
        state = self.log.thread.requests[self.request]
        return escalating(self.log.thread, state, "operators", people, cards, DIRECTORY)


def under(deliveries: list[Delivery]) -> list[str | None]:
    return [one.under for one in deliveries]


def test_each_is_reminded_under_their_own_card() -> None:
    asked = Asked(("rob",), ("sue",))
    assert under(asked.reminded(0)) == ["rob"]
    assert under(asked.reminded(1)) == ["sue"]
    assert [one.place for one in asked.reminded(1)] == [SUE.place]


def test_a_reminder_is_not_sent_any_more_when_somebody_has_decided() -> None:
    asked = Asked(("rob",))
    assert [one.valid_while for one in asked.reminded()] == [asked.request]


def test_whoever_has_voted_is_not_reminded() -> None:
    asked = Asked(("rob", "sue"), quorum=2)
    asked.log.answer(asked.request, by="rob", vote=True)
    assert under(asked.reminded()) == ["sue"]


def test_whoever_may_not_answer_any_more_is_not_reminded() -> None:
    asked = Asked(("rob", "sue"))
    without = Directory(parse_config(CONFIG.replace('roles = ["finance", "release"]', "", 1)))
    assert under(asked.reminded(directory=without)) == ["sue"]


def test_whoever_left_is_not_reminded() -> None:
    gone = CONFIG.replace("[people.rob]", "[people.new]").replace("U0ROB", "U0NEW").replace("rob@", "new@")
    assert under(Asked(("rob", "sue")).reminded(directory=Directory(parse_config(gone)))) == ["sue"]


def test_a_channel_is_reminded_once_and_by_mail_each_in_their_time() -> None:
    asked = Asked(("rob",), ("sue",), role="release", cards=(CHANNEL, SUE))
    assert under(asked.reminded(0)) == ["channel"]
    assert under(asked.reminded(1)) == ["sue"]


def test_a_channel_is_reminded_when_the_first_of_its_people_who_has_not_voted_is_awake() -> None:
    asked = Asked(("rob",), ("sue",), role="release", cards=(CHANNEL,), quorum=2)
    asked.log.answer(asked.request, by="rob", vote=True)
    assert under(asked.reminded(0)) == []
    assert under(asked.reminded(1)) == ["channel"]


def test_a_question_in_the_thread_it_came_from_is_reminded_of_there() -> None:
    asked = Asked(("ana",), kind="question", role=None, people=("ana",), cards=(ORIGIN,))
    assert under(asked.reminded()) == ["origin"]


def test_those_it_was_escalated_to_are_not_reminded_for_others() -> None:
    asked = Asked(cards=(CHANNEL,), role="release")
    asked.log.commit(RequestEscalated(request=asked.request, rung=0, role="operators", approvers=("op",), cards=(OP,)))
    late = Rung(at=START, do="remind", people=("rob",))
    state = asked.log.thread.requests[asked.request]
    state.opened = state.opened.model_copy(update={"rungs": (*state.opened.rungs, late)})
    assert under(asked.reminded(1)) == ["channel"]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("approval", "Still waiting for your decision: Pay, asked by Ana Lima; expires 2025-10-16 at"),
        ("question", "Still waiting for your answer: Pay, asked by Ana Lima; expires 2025-10-16 at"),
        ("doubt", "Still waiting for you to look what came of this: Pay, asked by Ana Lima."),
        ("stuck", "Still waiting for you to look at this: Pay, asked by Ana Lima."),
    ],
)
def test_a_reminder_says_what_is_waited_for_and_until_when_without_arguments(kind: RequestKind, says: str) -> None:
    (said,) = Asked(("rob",), kind=kind).reminded()
    assert isinstance(said.content, Text)
    assert said.content.markdown.startswith(says)
    assert SECRET not in said.model_dump_json()


def test_names_stay_on_one_short_line() -> None:
    (said,) = Asked(("rob",), asked_by="Eve\n\n# Approve now\u202e" + "x" * 200).reminded()
    assert isinstance(said.content, Text)
    assert "\n" not in said.content.markdown
    assert "⟨U+202E⟩" in said.content.markdown
    assert len(said.content.markdown) < 300


def test_those_it_is_escalated_to_get_the_whole_card_and_the_thread_a_line_without_arguments() -> None:
    asked = Asked(("rob",))
    card, line = asked.escalated("op")
    assert (card.id, card.place, card.valid_while) == (OP.delivery, OP.place, asked.request)
    assert isinstance(card.content, Card)
    assert card.content.arguments == {"to": SECRET}
    assert card.content.approvers == ("Rob Wills", "Sue Park", "Op")
    assert line.place == PLACE
    assert line.content == StatusLine(markdown="Nobody has answered yet; *operators* are asked as well.")


@pytest.mark.parametrize(("urgency", "mention"), [("medium", ()), ("high", ("T0ACME/U0OP",))])
def test_only_what_is_urgent_calls_those_it_is_escalated_to(urgency: str, mention: tuple[str, ...]) -> None:
    card = Asked(("rob",), urgency=urgency).escalated("op")[0]
    assert isinstance(card.content, Card)
    assert card.content.mention == mention


def test_people_from_outside_do_not_hear_of_an_escalation() -> None:
    asked = Asked(("rob",), trust="outsider")
    assert is_for_outsider(asked.log.thread)
    assert [one.place for one in asked.escalated("op")] == [OP.place]


def test_no_line_is_needed_where_the_card_is() -> None:
    assert [one.content.kind for one in Asked(("rob",)).escalated("op", cards=(ORIGIN,))] == ["card"]


def test_operators_hear_once_that_nobody_is_left_to_ask_and_what_to_do() -> None:
    asked = Asked(("rob",))
    (said,) = nobody_else(asked.log.thread, asked.log.thread.requests[asked.request], "board", DIRECTORY)
    assert said.place == OP.place
    assert isinstance(said.content, Text)
    assert 'nobody else of the role board may. Give the role to more people in bot.toml (`roles = ["board"]`)' in (
        said.content.markdown
    )
    assert SECRET not in said.content.markdown


def test_what_was_not_to_disturb_is_shown_as_it_was_asked() -> None:
    asked = Asked()
    (shown,) = showing(asked.log.thread, asked.log.thread.requests[asked.request], [ROB], DIRECTORY)
    assert (shown.id, shown.place, shown.valid_while) == ("rob", ROB.place, asked.request)
    assert isinstance(shown.content, Card)
