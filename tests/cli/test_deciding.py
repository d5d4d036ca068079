"""Every way of answering is a command of its own, and what it may not do it says in one line."""

from collections.abc import Callable, Iterator

import pytest

from bot.ids import display_id
from tests.cli.asked import HOUR, PEOPLE, asked, state_of
from tests.cli.conftest import Bot, Said
from tests.store.servers import embedded

Call = Callable[..., Said]


@pytest.fixture(autouse=True)
def serving(bot: Bot) -> Iterator[None]:
    """The server runs in the background, so that a command need not start and stop it."""
    bot.configure(PEOPLE)
    with embedded(bot.folder / ".bot"):
        yield


def refused(done: Said) -> str:
    """The one line that a refused command says."""
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    return done.err.removeprefix("bot: ").strip()


# --- approve ---------------------------------------------------------------------------------------------------------


def test_approve_approves_by_the_short_id(here: Call) -> None:
    request = asked()
    done = here("approve", display_id(request), "--reason", "fine")
    assert (done.code, done.out) == (0, "You approved this.\n")
    _, state = state_of(request)
    assert (state.outcome, state.closed_by and state.closed_by.proof) == ("approved", "os")


def test_approve_for_a_while_grants_exactly_this_call(here: Call) -> None:
    request = asked()
    done = here("approve", display_id(request), "--for", "2h")
    assert done.code == 0, done.err
    thread, _ = state_of(request)
    (grant,) = thread.grants.values()
    assert (grant.step, grant.by, grant.request) == ("deploy_service", "ana", request)
    assert grant.until - (grant.at or 0) == pytest.approx(2 * HOUR, abs=60_000_000)
    assert "Exactly this deploy_service runs without asking until" in done.out
    assert "bot grants revoke" in done.out


@pytest.mark.parametrize(("length", "why"), [("soon", "should be a length of time"), ("0h", "is no time at all")])
def test_a_length_of_time_that_is_none_changes_nothing(here: Call, length: str, why: str) -> None:
    request = asked()
    line = refused(here("approve", display_id(request), "--for", length))
    assert line.startswith("--for: ")
    assert why in line
    assert state_of(request)[1].outcome is None


def test_a_longer_time_than_the_role_grants_approves_nothing(here: Call) -> None:
    request = asked()
    assert refused(here("approve", display_id(request), "--for", "1d")).startswith("Nothing was approved: ")
    assert state_of(request)[1].outcome is None


def test_the_one_who_asked_is_told_that_somebody_else_decides(here: Call) -> None:
    request = asked(requesters=("kim", "ana"), approvers=("rob",))
    assert refused(here("approve", display_id(request))) == (
        "You asked for this yourself, so someone else has to decide it."
    )


def test_a_decided_request_says_by_whom(here: Call) -> None:
    request = asked()
    here("approve", request)
    for named in (request, display_id(request)):
        assert refused(here("reject", named)).startswith("Ana Lima approved this already, at ")


# --- reject ----------------------------------------------------------------------------------------------------------


def test_reject_keeps_the_quotable_and_the_internal_part_apart(here: Call) -> None:
    request = asked(trust="outsider")
    assert here("reject", display_id(request), "--reason", "not today", "--internal", "they never pay").code == 0
    closed_by = state_of(request)[1].closed_by
    assert closed_by is not None
    assert closed_by.body is not None
    assert (closed_by.body.text, closed_by.body.internal) == ("not today", "they never pay")


def test_a_reason_of_the_steps_own_is_chosen_by_its_number(here: Call) -> None:
    request = asked()
    assert here("reject", display_id(request), "--preset", "2").code == 0
    closed_by = state_of(request)[1].closed_by
    assert closed_by is not None
    assert closed_by.body is not None
    assert closed_by.body.text == "This is the wrong tag"


def test_a_number_that_no_reason_has_lists_those_there_are(here: Call) -> None:
    request = asked()
    line = refused(here("reject", display_id(request), "--preset", "3"))
    assert line == "there is no reason number 3: 1 Not now, there is a freeze; 2 This is the wrong tag"


def test_a_reason_is_given_once(here: Call) -> None:
    line = refused(here("reject", "abcd", "--preset", "1", "--reason", "no"))
    assert line.startswith("give the reason once: ")


# --- edit ------------------------------------------------------------------------------------------------------------


def test_edit_changes_a_field_and_shows_before_and_after(here: Call) -> None:
    request = asked()
    done = here("edit", display_id(request), "tag=v1.3.1", "--reason", "that one is tested")
    assert done.code == 0, done.err
    first, second = done.out.splitlines()
    assert first.startswith("You changed this.")
    assert second == "  tag: v1.4.0 → v1.3.1"
    thread, state = state_of(request)
    assert state.outcome == "edited"
    assert thread.calls["c1"].arguments == {"service": "backend", "environment": "production", "tag": "v1.3.1"}
    assert thread.calls["c1"].editors == ("ana",)


def test_a_value_may_have_equal_signs_and_blanks(here: Call) -> None:
    request = asked()
    assert here("edit", display_id(request), "tag=a = b").code == 0
    assert (state_of(request)[0].calls["c1"].arguments or {})["tag"] == "a = b"


def test_a_field_that_is_not_offered_is_named_and_nothing_changes(here: Call) -> None:
    request = asked()
    line = refused(here("edit", display_id(request), "service=frontend"))
    assert line == "Nothing was changed: service: this cannot be changed; what can: tag."
    assert state_of(request)[1].outcome is None


def test_without_a_change_and_without_a_terminal_edit_says_what_can_be_changed(here: Call) -> None:
    line = refused(here("edit", display_id(asked())))
    assert line == "say what to change as field=value; what can be changed: tag"


def test_a_call_without_editable_fields_cannot_be_edited(here: Call) -> None:
    request = asked("doubt", approvers=("ana",), options=("it_did", "run_it", "stop"), body={"title": "Hm"})
    assert refused(here("edit", display_id(request), "tag=x")).startswith("nothing of this can be changed")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["v1.3.1"], "'v1.3.1' is no change: write field=value, such as tag=v1.4.1"),
        (["=v1.3.1"], "'=v1.3.1' is no change: write field=value, such as tag=v1.4.1"),
        (["tag=a", "tag=b"], "'tag' is given twice: give one value"),
    ],
)
def test_a_change_that_cannot_be_read_is_refused(here: Call, words: list[str], line: str) -> None:
    assert refused(here("edit", "abcd", *words)) == line


def test_nobody_edits_what_nobody_else_could_approve(here: Call) -> None:
    request = asked(approvers=("ana",))
    assert refused(here("edit", display_id(request), "tag=v1.3.1")).startswith("Nothing was changed: whoever edits")


# --- ask, give, answer -----------------------------------------------------------------------------------------------


def test_a_question_back_leaves_the_request_open(here: Call) -> None:
    request = asked()
    done = here("ask", display_id(request), "Which commit is that?", "--no-wait")
    assert (done.code, done.err) == (0, "")
    thread, state = state_of(request)
    assert state.outcome is None
    assert [(by, of) for _, by, of in thread.asked_back] == [("ana", request)]


def test_ask_does_not_answer_a_question_that_was_put_to_you(here: Call) -> None:
    request = asked("question")
    line = refused(here("ask", display_id(request), "What do you mean?"))
    assert line == f'this is a question to you: bot answer {display_id(request)} say "..." answers it'
    assert state_of(request)[1].outcome is None


def test_an_empty_question_is_none(here: Call) -> None:
    assert refused(here("ask", "abcd", " ")) == "write your question, in quotation marks"


def test_a_request_is_given_to_somebody_by_name(here: Call) -> None:
    request = asked()
    done = here("give", display_id(request), "Bo Finn")
    assert (done.code, done.out) == (0, "Given to Bo Finn; it is asked again.\n")
    closed_by = state_of(request)[1].closed_by
    assert closed_by is not None
    assert (closed_by.outcome, closed_by.to) == ("given", ("bo",))


@pytest.mark.parametrize("person", ["kim", "nobody"])
def test_whoever_may_not_have_it_does_not_get_it_and_those_who_may_are_named(here: Call, person: str) -> None:
    request = asked()
    line = refused(here("give", display_id(request), person))
    assert line == "It was not given away. You can give it to: Rob Wills, Bo Finn."
    assert state_of(request)[1].outcome is None


def test_answer_still_takes_every_word_it_took(here: Call) -> None:
    request = asked("question")
    assert here("answer", display_id(request), "say", "the", "backend").code == 0
    closed_by = state_of(request)[1].closed_by
    assert closed_by is not None
    assert closed_by.body is not None
    assert closed_by.body.text == "the backend"


@pytest.mark.parametrize(
    "words", [["approve"], ["reject"], ["edit", "tag=x"], ["ask", "why?"], ["give", "bo"], ["show"]]
)
def test_an_unknown_request_is_unknown_to_every_command(here: Call, words: list[str]) -> None:
    command, *more = words
    line = refused(here(command, "abcd", *more))
    assert line == "there is no open request 'abcd'; `bot requests` lists them"
