"""On a terminal a decision is shown in full before it is made, and made only by a clear yes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.ids import display_id
from bot.places import EditField
from tests.cli.asked import CARD, PEOPLE, asked, state_of
from tests.cli.conftest import Bot
from tests.cli.terminal import terminal
from tests.store.servers import embedded

CTRL_C, CTRL_D = b"\x03", b"\x04"


@pytest.fixture(autouse=True)
def serving(bot: Bot) -> Iterator[None]:
    """The server runs in the background, so that a command need not start and stop it."""
    bot.configure(PEOPLE)
    with embedded(bot.folder / ".bot"):
        yield


def test_the_whole_call_is_shown_before_it_is_approved(bot: Bot) -> None:
    request = asked(body=CARD.model_copy(update={"arguments": {"tag": "v1.4.0", "note": "long " * 2_000}}))
    with terminal(bot, "approve", display_id(request)) as screen:
        shown = screen.expect("Approve it? [y/N]")
        screen.type("y")
        screen.expect("You approved this.")
        assert screen.end() == 0
    assert "What will run: deploy_service" in shown
    assert "long " * 1_999 in shown
    assert "4f2a" * 10 in shown
    assert "The agent's words, which nobody has checked:\n    | Kim asked for it." in shown
    assert "May answer: Ana Lima, Rob Wills (release)" in shown
    assert state_of(request)[1].outcome == "approved"


@pytest.mark.parametrize("typed", ["", "n", "approve", "yes please"])
def test_anything_but_a_yes_approves_nothing(bot: Bot, typed: str) -> None:
    request = asked()
    with terminal(bot, "approve", display_id(request)) as screen:
        screen.expect("Approve it? [y/N]")
        screen.type(typed)
        screen.expect("bot: nothing was changed")
        assert screen.end() == 2
    assert state_of(request)[1].outcome is None


@pytest.mark.parametrize(("key", "code"), [(CTRL_C, 130), (CTRL_D, 2)])
def test_leaving_the_question_approves_nothing(bot: Bot, key: bytes, code: int) -> None:
    request = asked()
    with terminal(bot, "approve", display_id(request)) as screen:
        screen.expect("Approve it? [y/N]")
        assert screen.leave(key) == code
        assert "Traceback" not in screen.seen
    assert state_of(request)[1].outcome is None


def test_yes_on_the_command_line_shows_it_and_asks_no_more(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "approve", display_id(request), "--yes") as screen:
        assert "What will run" in screen.expect("You approved this.")
        assert screen.end() == 0


def test_the_older_command_shows_and_asks_the_same(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "answer", display_id(request), "approve") as screen:
        assert "What will run" in screen.expect("Approve it? [y/N]")
        screen.type("yes")
        screen.expect("You approved this.")


def test_what_a_grant_means_is_said_before_it_is_given(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "approve", display_id(request), "--for", "2h") as screen:
        shown = screen.expect("Approve it, and let exactly this run without asking for 2h? [y/N]")
        assert "Whoever has the role release may let exactly this run without asking (--for), for 4h at most." in shown


def test_reject_asks_why_and_takes_the_number_of_a_listed_reason(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "reject", display_id(request)) as screen:
        shown = screen.expect("Reject it: why?")
        assert "  2  This is the wrong tag" in shown
        screen.type("2")
        screen.expect("You rejected this.")
        assert screen.end() == 0
    closed_by = state_of(request)[1].closed_by
    assert closed_by is not None
    assert closed_by.body is not None
    assert closed_by.body.text == "This is the wrong tag"


def test_for_somebody_from_outside_reject_asks_for_both_parts_of_the_reason(bot: Bot) -> None:
    request = asked(trust="outsider")
    with terminal(bot, "reject", display_id(request)) as screen:
        screen.expect("which may be told to the customer")
        screen.type("We cannot do this today.")
        screen.expect("And for colleagues only?")
        screen.type("They never pay.")
        screen.expect("You rejected this.")
    closed_by = state_of(request)[1].closed_by
    assert closed_by is not None
    assert closed_by.body is not None
    assert (closed_by.body.text, closed_by.body.internal) == ("We cannot do this today.", "They never pay.")


def test_edit_without_words_asks_for_each_field_and_shows_the_difference(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "edit", display_id(request)) as screen:
        screen.expect("tag  a tag that exists")
        screen.expect("now v1.4.0 (Enter keeps it): ")
        screen.type("v1.3.1")
        screen.expect("  tag: v1.4.0 → v1.3.1")
        screen.expect("Ask again with these? [y/N]")
        screen.type("y")
        screen.expect("You changed this.")
        assert screen.end() == 0
    assert (state_of(request)[0].calls["c1"].arguments or {})["tag"] == "v1.3.1"


def test_keeping_every_field_changes_nothing(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "edit", display_id(request)) as screen:
        screen.expect("(Enter keeps it): ")
        screen.type("")
        screen.expect("bot: nothing was changed: it stays as it is")
        assert screen.end() == 2
    assert state_of(request)[1].outcome is None


def test_a_value_that_does_not_fit_is_asked_for_again(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "edit", display_id(request), "tag=v1.4.0") as screen:
        screen.expect("Ask again with these? [y/N]")
        screen.type("y")
        screen.expect("tag: that is what it is already")
        screen.expect("(Enter keeps it): ")
        screen.type("v1.3.1")
        screen.expect("Ask again with these? [y/N]")
        screen.type("y")
        screen.expect("You changed this.")
    assert state_of(request)[1].outcome == "edited"


def test_a_value_that_does_not_fit_can_be_left_as_it_is_instead(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "edit", display_id(request), "tag=v1.4.0", "--yes") as screen:
        screen.expect("tag: that is what it is already")
        screen.expect("(Enter keeps it): ")
        screen.type("")
        screen.expect("bot: nothing was changed: it stays as it is")
        assert screen.end() == 2


def test_a_text_of_several_lines_is_changed_in_the_persons_editor(bot: Bot, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i s/v1.4.0/v1.3.1/ "$1"\n')
    editor.chmod(0o700)
    bot.environment["EDITOR"] = str(editor)
    field = EditField(name="tag", kind="text", value="v1.4.0\nand no other")
    request = asked(body=CARD.model_copy(update={"fields": [field]}))
    with terminal(bot, "edit", display_id(request)) as screen:
        screen.expect("now 2 lines of text. Change it in your editor? [y/N]")
        screen.type("y")
        screen.expect("Ask again with these? [y/N]")
        screen.type("y")
        screen.expect("You changed this.")
    assert (state_of(request)[0].calls["c1"].arguments or {})["tag"] == "v1.3.1\nand no other"


def test_what_is_decided_already_is_refused_without_a_question(bot: Bot) -> None:
    request = asked()
    with terminal(bot, "approve", request, "--yes") as screen:
        assert screen.end() == 0
    with terminal(bot, "approve", request) as screen:
        screen.expect("bot: Ana Lima approved this already")
        assert screen.end() == 2
        assert "[y/N]" not in screen.seen


def test_nothing_that_is_shown_can_steer_the_terminal_or_hide(bot: Bot) -> None:
    nasty = {"tag": "v1\x1b[2J\u202e4", "note\u200b": "x"}
    request = asked(body=CARD.model_copy(update={"arguments": nasty, "title": "a\x1b[2Jb"}))
    with terminal(bot, "approve", display_id(request)) as screen:
        shown = screen.expect("Approve it? [y/N]")
    assert "v1⟨U+001B⟩[2J⟨U+202E⟩4" in shown
    assert "note⟨U+200B⟩" in shown
    assert "\x1b" not in shown
