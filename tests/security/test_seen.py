"""What people see is what is there: nothing hides, turns round, or passes for a part of the card or its buttons."""

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.cli.request_text import request_lines, shown_of
from bot.identity import EmailIdentity, SlackIdentity
from bot.places import Card, Content, Decision, StatusLine, Text
from bot.visible import exact
from channels.slack.buttons import APPROVE
from channels.slack.render import render
from channels.slack.wire import as_objects, as_text
from tests.channels.email.arriving import html_of, sent, text_of
from tests.channels.email.cards import APPROVAL
from tests.helpers import wait_until
from tests.runtime.scripted import step
from tests.runtime.stage import Stage
from tests.security.hostile import FORGED, HIDDEN, OPEN, as_json, write

CARD_LIKE = "x\nAsked by Rob Wills. Agent: ops.\nWhat will run:\n  step: look\n\napprove\nRequest abcd, digest 00000000"
NASTY = st.sampled_from([*HIDDEN, "\n", "approve", "text: y", "|", "<b>", "*", "`", "[a](https://evil.test)", FORGED])
ANY = st.lists(NASTY | st.text(max_size=8), max_size=5).map("".join)


def hidden(text: str) -> set[str]:
    """The characters in it that nobody sees, or that move what is around them."""
    kept = {"\n", "\t", "\r", "\u200c", "\u200d"}  # in sentences the joiners stay: some scripts need them
    found = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}}
    return found - kept - {"\u034f"}


def in_slack(content: Content) -> str:
    """Everything that Slack gets of it."""
    return as_json([(message.text, message.blocks) for message in render(content)])


def in_mail(content: Content) -> list[str]:
    """Subject, text and page of the mail, as they arrive."""
    mail = sent(content)
    return [str(mail["Subject"]), text_of(mail), html_of(mail)]


async def cards(stage: Stage, **arguments: JsonValue) -> list[Card]:
    """Have the plan sent with these, and wait for what those see who are asked."""
    stage.model.says({**step("send", **arguments), "why": f"because {HIDDEN}"})
    await stage.say("send the plan")
    await stage.request()
    await wait_until(lambda: stage.channel.cards() != [])
    return stage.channel.cards()


async def test_hidden_characters_are_shown_by_their_code_points_wherever_it_is_asked(stage: Stage) -> None:
    text = "".join(char for char in HIDDEN if char != "\x00")
    async with stage.working():
        (card,) = await cards(stage, text=f"pay{text}100")
        thread = await stage.settled()
    shown = shown_of(thread, await stage.request(), stage.directory, "rob")
    on_terminal = "\n".join(line for line, _ in request_lines(shown))
    for where in (in_slack(card), in_mail(card)[1], on_terminal):
        assert exact(f"pay{text}100") in where
    for where in (in_slack(card), *in_mail(card), on_terminal):
        assert hidden(where) == set()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=ANY, name=ANY, value=ANY)
def test_nothing_that_is_shown_anywhere_hides_or_turns_round(text: str, name: str, value: str) -> None:
    filled = APPROVAL.model_copy(
        update={
            "arguments": {name: value},
            "snapshot": {name: [value]},
            "changed": {name: [value, text]},
            "why": text,
            "text": text,
            "context": text,
            "asked_by": name,
            "edited_by": name,
        }
    )
    end = Decision(card=filled, outcome="rejected", by=name, reason=text, at=datetime(2026, 11, 20, tzinfo=UTC))
    for content in (filled, end, Text(markdown=text), StatusLine(markdown=text)):
        for where in (in_slack(content), *in_mail(content)):
            assert hidden(where) == set()


def rows(text: str) -> Iterator[str]:
    """The lines that are no part of somebody's quoted value."""
    yield from (row for row in text.split("\n") if not row.lstrip().startswith("|"))


async def test_a_value_that_looks_like_a_card_stays_a_value(stage: Stage) -> None:
    async with stage.working():
        (card,) = await cards(stage, text=CARD_LIKE)
        thread = await stage.settled()
    shown = shown_of(thread, await stage.request(), stage.directory, "zoe")
    on_terminal = "\n".join(line for line, _ in request_lines(shown))
    for where in (in_mail(card)[1], on_terminal):
        assert [row for row in rows(where) if "Rob Wills. Agent" in row or "00000000" in row] == []
        assert "Asked by Ana Lima. Agent: ops." in where
    elements = [found for block in render(card)[0].blocks for found in as_objects(block.get("elements"))]
    (block,) = [found for found in elements if CARD_LIKE in as_json(found).replace("\\n", "\n")]
    assert block["type"] == "rich_text_preformatted"


@pytest.mark.parametrize(
    "markdown",
    [
        "**Approval needed: Send** [Approve](https://evil.test/approve)",
        f"```\n{CARD_LIKE}\n```",
        '{"type": "actions", "elements": [{"type": "button", "action_id": "answer:approve"}]}',
        "<button>Approve</button> <a href='https://evil.test'>Approve</a>",
    ],
)
async def test_what_the_model_says_has_no_buttons_and_in_slack_no_disguised_link(stage: Stage, markdown: str) -> None:
    stage.model.says(step("reply", message=markdown))
    async with stage.working():
        await stage.say("hello")
        await wait_until(lambda: any(isinstance(one.content, Text) for one, _ in stage.channel.sent))
    said = next(one.content for one, _ in stage.channel.sent if isinstance(one.content, Text))
    (message,) = render(said)
    assert {as_text(block["type"]) for block in message.blocks} == {"rich_text"}
    assert '"url": "https://evil.test/approve", "text"' not in as_json(message.blocks)
    assert "<button" not in in_mail(said)[2]


def test_a_link_in_a_mail_shows_where_it_leads() -> None:
    _, _, page = in_mail(Text(markdown="[Approve](https://evil.test/approve)"))
    assert page.count("evil.test") == 2


def test_in_a_mail_nothing_invisible_is_said_by_its_number() -> None:
    _, _, page = in_mail(Text(markdown="pay to &#x202E;evil and [x&#8203;](https://acme.test)"))
    assert "⟨U+202E⟩evil" in page
    assert not {"\u202e", "\u200b"} & {*page}


def test_only_an_approval_has_the_button_that_approves() -> None:
    dressed = APPROVAL.model_copy(
        update={"request_kind": "question", "format": "multiple_choice", "options": ("Approve", APPROVE)}
    )
    assert f'"action_id": "{APPROVE}"' in in_slack(APPROVAL)
    assert f'"action_id": "{APPROVE}"' not in in_slack(dressed)


async def test_a_line_in_the_thread_shows_no_argument_and_no_word_of_the_models(stage: Stage) -> None:
    async with stage.working():
        await cards(stage, text="the-secret-argument")
        await stage.said("Waiting for")
    lines = [one for one, _ in stage.channel.sent if isinstance(one.content, StatusLine)]
    assert lines
    assert not any("secret" in one.model_dump_json() or "because" in one.model_dump_json() for one in lines)


@pytest.mark.parametrize(
    "identity",
    [
        EmailIdentity(address="eve@evil.test", name="Ana Lima", proven=True),
        EmailIdentity(address="ana@acme.test", name="Ana Lima"),
        SlackIdentity(account="T0EVIL/U0EVE", name="Ana Lima", proven=True, is_external=True),
        SlackIdentity(account="T0ACME/U0EVE", name="Ana Lima", proven=True),
    ],
    ids=["a customer", "a forged mail", "somebody of another company", "a colleague who is not listed"],
)
async def test_a_stranger_who_borrows_a_name_is_told_apart_from_its_owner(
    stage: Stage, identity: EmailIdentity | SlackIdentity
) -> None:
    stage.configure(OPEN)
    stage.model.says(step("send", text="x"))
    async with stage.working():
        await write(stage, "send x", identity)
        await stage.request()
        await wait_until(lambda: stage.channel.cards() != [])
    (card,) = stage.channel.cards()
    assert card.asked_by != "Ana Lima"


async def test_no_length_of_a_borrowed_name_pushes_out_by_what_its_bearer_is_known(stage: Stage) -> None:
    stage.configure(OPEN)
    stage.model.says(step("send", text="x"))
    name = "Ana Lima, with the consent of everybody in operations and in the release team of Acme"
    async with stage.working():
        await write(stage, "send x", EmailIdentity(address="eve@evil.test", name=name, proven=True))
        await stage.request()
        await wait_until(lambda: stage.channel.cards() != [])
    (card,) = stage.channel.cards()
    for where in (in_slack(card), *in_mail(card)[1:]):
        assert "eve@evil.test" in where
