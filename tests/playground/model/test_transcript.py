"""Reading a thread back from its blocks."""

import re

from hypothesis import given
from hypothesis import strategies as st

from bot.playground.model.transcript import read_transcript
from tests.playground.model.offered import APPROVED, ASKED, DONE, message, rejected, request, result, step


def test_escaped_text_comes_back_as_it_was_written() -> None:
    assert (
        read_transcript([message("if a &lt; b &amp;&amp; c: &lt;/message&gt;")]).events[0].text
        == "if a < b && c: </message>"
    )


def test_escaped_attributes_come_back_as_they_were_written() -> None:
    assert (
        read_transcript(['<approved of="3" by="Rob &quot;R&quot; Wills"/>']).events[0].attributes["by"]
        == 'Rob "R" Wills'
    )


@given(st.text())
def test_block_that_is_none_of_ours_is_left_out(text: str) -> None:
    assert read_transcript([text.replace("<", "")]).events == ()


def test_open_request_is_waited_for() -> None:
    assert read_transcript(ASKED).waiting()


def test_rejected_request_is_not_waited_for() -> None:
    assert not read_transcript([*ASKED, rejected(2, "no")]).waiting()


def test_approved_call_is_waited_for_until_it_comes_back() -> None:
    assert read_transcript([*ASKED, APPROVED]).waiting()
    assert not read_transcript([*ASKED, APPROVED, result(2, {})]).waiting()


def test_withdrawn_request_is_not_waited_for() -> None:
    assert not read_transcript([*ASKED, message("stop", 4), step(5, "withdraw"), '<withdrawn of="2"/>']).waiting()


def test_chosen_withdrawal_alone_leaves_the_request_open() -> None:
    assert read_transcript([*ASKED, message("stop", 4), step(5, "withdraw")]).waiting()


def test_failure_by_withdrawal_is_a_withdrawal() -> None:
    assert read_transcript(['<failed of="2" how="withdrawn">\n.\n</failed>']).events[0].kind == "withdrawn"


def test_two_elements_of_one_block_are_two_events() -> None:
    assert [event.kind for event in read_transcript([DONE]).events] == ["replied", "done"]


def test_result_of_another_step_leaves_the_request_open() -> None:
    assert read_transcript([*ASKED, step(5, "list_tags"), result(5, [])]).waiting()


def test_task_begins_at_the_newest_message_that_starts_one() -> None:
    thread = read_transcript([message("deploy a"), message("deploy b", 2), message("thanks", 3)])
    assert [event.text for event in thread.since(re.compile("deploy")).events] == ["deploy b", "thanks"]


def test_task_never_begins_before_a_done() -> None:
    thread = read_transcript([message("deploy a"), DONE, message("and staging?", 2)])
    assert [event.text for event in thread.since(re.compile("deploy")).events] == ["and staging?"]


def test_question_is_waited_for_until_it_is_answered() -> None:
    asked = [step(2, "request_human_input"), request(2, "question")]
    assert read_transcript(asked).waiting()
    assert not read_transcript([*asked, '<answered of="2" by="Ana">\nyes\n</answered>']).waiting()
