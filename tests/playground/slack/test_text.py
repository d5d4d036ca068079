"""What becomes of text on its way through Slack, and whom it pings."""

import pytest

from bot.playground.slack import text
from bot.playground.slack.defaults import DEFAULT_USERS
from bot.playground.slack.models import Pings
from bot.playground.slack.wire import JsonObject

TYPED = [
    ("@bot deploy", "<@U0BOT> deploy"),
    ("@Ana Lima please", "<@U0ANA> please"),
    ("@anabel is nobody", "@anabel is nobody"),
    ("mail ana@acme.test", "mail <mailto:ana@acme.test|ana@acme.test>"),
    ("@here look", "<!here> look"),
    ("see #deploys, not #else", "see <#C0DEPLOYS|deploys>, not #else"),
    ("https://acme.test/?a=1&b=2", "<https://acme.test/?a=1&amp;b=2>"),
    ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
    ("<!channel> by hand", "&lt;!channel&gt; by hand"),
    ("<@U0ROB> picked from the list", "<@U0ROB> picked from the list"),
]


@pytest.mark.parametrize(("typed", "stored"), TYPED)
def test_what_a_person_types_is_stored_as(typed: str, stored: str) -> None:
    assert text.typed(typed, DEFAULT_USERS, [("deploys", "C0DEPLOYS")]) == stored


POSTED = [
    ("a < b && c", "a &lt; b &amp;&amp; c"),
    ("<@U0ROB> and <https://acme.test|this>", "<@U0ROB> and <https://acme.test|this>"),
    ("already &lt;escaped&gt; &amp; fine", "already &lt;escaped&gt; &amp; fine"),
    ("> quoted", "> quoted"),
]


@pytest.mark.parametrize(("posted", "stored"), POSTED)
def test_what_an_app_posts_is_stored_as(posted: str, stored: str) -> None:
    assert text.posted(posted) == stored


def test_addresses_that_a_person_types_are_links_in_the_rich_text_too() -> None:
    stored = text.typed("orders of kim@example.test at https://acme.test/a?b&c", (), ())
    assert text.rich_text(stored)["elements"] == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "orders of "},
                {"type": "link", "url": "mailto:kim@example.test", "text": "kim@example.test"},
                {"type": "text", "text": " at "},
                {"type": "link", "url": "https://acme.test/a?b&c", "text": "https://acme.test/a?b&c"},
            ],
        }
    ]


PINGING: list[tuple[str, list[JsonObject], Pings]] = [
    ("<!channel> <!here|here>", [], Pings(broadcasts=("channel", "here"))),
    ("<@U0ROB|rob>", [], Pings(users=("U0ROB",))),
    ("<!subteam^S0TEAM>", [], Pings(groups=("S0TEAM",))),
    ("&lt;!channel&gt; @channel", [], Pings()),
    ("", [{"type": "markdown", "text": "<!everyone>"}], Pings(broadcasts=("everyone",))),
    ("", [{"type": "section", "fields": [{"type": "mrkdwn", "text": "<@U0ANA>"}]}], Pings(users=("U0ANA",))),
    ("", [{"type": "header", "text": {"type": "plain_text", "text": "<!channel>"}}], Pings()),
    (
        "",
        [
            {
                "type": "rich_text",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "here"}]}],
            }
        ],
        Pings(broadcasts=("here",)),
    ),
]


@pytest.mark.parametrize(("said", "blocks", "expected"), PINGING)
def test_a_message_pings(said: str, blocks: list[JsonObject], expected: Pings) -> None:
    assert text.pings(said, blocks) == expected


def test_link_names_turns_plain_names_into_pings() -> None:
    assert text.pings("@channel @ana", [], DEFAULT_USERS, link_names=True) == Pings(
        broadcasts=("channel",), users=("U0ANA",)
    )
