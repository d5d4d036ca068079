"""Whatever a model or a stranger may write, for property tests; and readers of what was made of it."""

from collections.abc import Iterator

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.places import Card, Content, Decision, Notice, StatusLine, Text
from channels.slack.render import render
from channels.slack.wire import JsonObject, as_objects, as_text
from tests.channels.slack.cards import APPROVAL, APPROVED, REQUEST, TAG

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # big values take time
NASTY = st.sampled_from(
    [
        "<!channel>", "<!here|x>", "<@U0ANA>", "<!subteam^S1>", "@channel", "@everyone", "<https://evil.test|bank>",
        "[bank](https://evil.test)", "![x](https://evil.test/p.png)", "https://evil.test/?a=1&b=<2>|c", "```", "`", "*",
        "**", "__", "~~", "\n# ", "\n- ", "\n> ", "&lt;!channel&gt;", "&amp;", "\u202e", "\u200b", "\ud800", "\r", "\0",
        "](", "<mailto:a@b.test|c>", "<#C0DEPLOYS|x>", "<!date^1^{date}^https://evil.test|now>", "\n\n", " ", "|", ">",
    ]
)  # fmt: skip
ANY_TEXT = st.lists(NASTY | st.text(max_size=10), max_size=5).map("".join)
LONG_TEXT = st.tuples(ANY_TEXT, st.sampled_from([2, 30, 200])).map(lambda made: made[0] * made[1])
JSON_VALUE: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT | LONG_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
NAMED = st.dictionaries(ANY_TEXT, JSON_VALUE, max_size=4)
WORDS = ANY_TEXT | LONG_TEXT
CARDS = st.builds(
    Card,
    request=st.just(REQUEST),
    request_kind=st.sampled_from(["approval", "question", "doubt", "stuck"]),
    title=WORDS,
    agent=WORDS,
    step=st.none() | WORDS,
    arguments=NAMED,
    snapshot=NAMED,
    changed=st.dictionaries(ANY_TEXT, st.lists(JSON_VALUE, min_size=2, max_size=2), max_size=3),
    why=WORDS,
    text=WORDS,
    context=WORDS,
    asked_by=WORDS,
    approvers=st.lists(WORDS, max_size=3).map(tuple),
    options=st.lists(ANY_TEXT, max_size=10).map(tuple),
    format=st.sampled_from(["free_text", "yes_no", "multiple_choice", None]),
    fields=st.sampled_from([(), (TAG,)]),
    edited_by=st.just("") | WORDS,
    may_grant_s=st.sampled_from([0, 3600]),
    urgency=st.sampled_from(["low", "high"]),
    digest8=st.just("0123abcd"),
    expires_at=st.just(APPROVAL.expires_at),
    thread=WORDS,
)
APPROVALS = CARDS.map(lambda card: card.model_copy(update={"request_kind": "approval"}))
DECISIONS = st.builds(
    Decision,
    card=CARDS,
    outcome=st.sampled_from(["approved", "rejected", "answered", "edited", "given", "expired", "withdrawn"]),
    by=WORDS,
    reason=WORDS,
    at=st.just(APPROVED.at),
)
CONTENT = (
    CARDS
    | DECISIONS
    | st.builds(Text, markdown=WORDS)
    | st.builds(StatusLine, markdown=WORDS)
    | st.builds(Notice, markdown=WORDS, to=st.just("T0ACME/U0ANA"))
)


def runs(value: JsonValue) -> Iterator[str]:
    """Every text in a rich text, as a reader sees it."""
    if isinstance(value, list):
        for item in value:
            yield from runs(item)
    elif isinstance(value, dict):
        if value.get("type") == "text":
            yield as_text(value.get("text"))
        for item in value.values():
            yield from runs(item)


def buttons(blocks: list[JsonObject]) -> list[str]:
    """The action ids on a card, in order."""
    return [
        as_text(found["action_id"])
        for block in blocks
        for found in as_objects(block.get("elements"))
        if "action_id" in found
    ]


def blocks_of(content: Content) -> list[JsonObject]:
    """The blocks of the one message that this becomes."""
    (message,) = render(content)
    return message.blocks
