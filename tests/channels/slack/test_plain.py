"""Slack's text into plain text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack.payloads import File
from channels.slack.plain import file_lines, mentioned, plain_text

NAMES = {"U0ROB": "Rob Wills"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<@U0BOT> deploy backend", "deploy backend"),
        ("<@U0BOT|bot>: deploy", "deploy"),
        ("please <@U0BOT> deploy", "please deploy"),
        ("<@U0BOT>", ""),
        ("ask <@U0ROB> and <@U0ANA> and <@U0KIM|kim>", "ask @Rob Wills and @someone and @kim"),
        ("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c"),
        ("<https://acme.test|https://acme.test> <https://acme.test>", "https://acme.test https://acme.test"),
        ("<https://acme.test/x|the page>", "the page (https://acme.test/x)"),
        ("<mailto:ana@acme.test|ana@acme.test>", "ana@acme.test"),
        ("<#C0DEPLOYS|deploys> <#C0DEPLOYS>", "#deploys #C0DEPLOYS"),
        ("<!here> <!subteam^S1|@oncall> <!date^1^{date}|today>", "@here @oncall today"),
        (": not addressed", ": not addressed"),
    ],
)
def test_what_it_becomes(text: str, expected: str) -> None:
    assert plain_text(text, "U0BOT", NAMES) == expected


@settings(deadline=None)
@given(st.text(st.sampled_from("<>@!#|&;UBOT0 ltgamp\n"), max_size=60))
def test_any_text_becomes_some_text_without_the_bots_mention(text: str) -> None:
    assert "<@U0BOT>" not in plain_text(text.replace("&", ""), "U0BOT", NAMES)


def test_who_is_mentioned_is_named_once() -> None:
    assert mentioned("<@U0ROB> <@U0ANA|ana> <@U0ROB> <@bad>") == ("U0ROB", "U0ANA")


def test_files_are_named_with_type_and_size() -> None:
    files = (File(name="log\n.txt", pretty_type="Plain Text", size=12_300), File(mimetype="image/png"))
    assert file_lines(files) == "[file: log .txt, Plain Text, 12 KB]\n[file: unnamed, image/png, size unknown]"
