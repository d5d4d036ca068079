"""A turn's message: what it shows after each event, when there is one, and what becomes of it at the end."""

from collections.abc import Sequence

import pytest

from bot import events as e
from bot.bodies import FailureBody, TextBody
from bot.ids import progress_id
from bot.places import Delivery, Place, Progress, Text
from bot.progress import along, at_rest, set_aside, shown
from bot.steps import DoneForNow, RequestHumanInput
from tests.builders import LogBuilder
from tests.example_steps import LookUp, Pay

MAIL = Place(channel="email", address="ana@acme.test", thread="<a@b>")


def begun(log: LogBuilder | None = None) -> tuple[LogBuilder, str]:
    """A log whose turn looks something up."""
    log = log or LogBuilder()
    log.message()
    return log, log.choose(LookUp())


def said(log: LogBuilder, text: str = "Here it is.") -> Delivery:
    """The answer, as it would be sent without this."""
    return Delivery(id="a", thread=log.id, place=log.thread.origin, content=Text(markdown=text))


def final(text: str = "Here it is.") -> e.Replied:
    return e.Replied(final=True, body=TextBody(text=text))


def states(log: LogBuilder, *more: e.AnyEvent) -> list[tuple[str, str]]:
    progress = shown(log.thread, more)
    return [(task.title, task.state) for task in progress.tasks] if progress else []


def title(log: LogBuilder, *more: e.AnyEvent) -> str:
    progress = shown(log.thread, more)
    return progress.title if progress else ""


def content(sent: Sequence[Delivery]) -> Progress:
    (found,) = (one.content for one in sent if isinstance(one.content, Progress))
    return found


def chosen(log: LogBuilder, step: LookUp | Pay) -> e.StepChosen:
    """A choice that is about to be committed."""
    other = LogBuilder()
    other.message()
    other.choose(step)
    (event,) = (one for one in other.thread.events if isinstance(one, e.StepChosen))
    return event.model_copy(update={"call": f"c{log.version}"})


def test_the_first_step_begins_the_message_in_the_commit_that_chooses_it() -> None:
    log = LogBuilder()
    log.message()
    (first,) = along(log.thread, [chosen(log, LookUp())], ())
    assert (first.id, first.replaces, first.place) == (progress_id(log.id, 0), None, log.thread.origin)
    assert [(task.title, task.state) for task in content([first]).tasks] == [("Look up", "running")]


def test_an_answer_at_once_and_a_question_have_no_message() -> None:
    log = LogBuilder()
    log.message()
    log.choose(RequestHumanInput(question="Which one?"))
    assert shown(log.thread) is None
    assert along(log.thread, [final()], [said(log)]) == [said(log)]


def test_a_refused_step_is_not_shown() -> None:
    log = LogBuilder()
    log.message()
    log.choose(Pay(), denied="too much")
    assert shown(log.thread) is None


def test_each_step_that_ends_changes_the_message() -> None:
    log, call = begun()
    (changed,) = along(log.thread, [e.StepFinished(call=call)], ())
    assert (changed.replaces, content([changed]).tasks[0].state) == (progress_id(log.id, 0), "done")
    assert changed.id != changed.replaces


def test_what_changes_nothing_that_is_shown_sends_nothing() -> None:
    log, call = begun()
    log.finish(call)
    assert along(log.thread, [e.Prefetched(agent="deploy")], ()) == []


def test_no_argument_and_no_reason_of_the_model_is_shown() -> None:
    log = LogBuilder()
    log.message()
    log.choose(LookUp(what="a secret of the customer"))
    assert "secret" not in str(shown(log.thread))
    assert "because" not in str(shown(log.thread))


def test_outsiders_see_neutral_titles() -> None:
    log = LogBuilder(trust="outsider")
    log.message()
    call = log.choose(Pay())
    log.ask("approval", call)
    assert states(log) == [("Take care of it", "waiting")]
    assert title(log) == "Waiting for a colleague"


def test_an_answer_takes_the_messages_place() -> None:
    log, call = begun()
    log.finish(call)
    (answer,) = along(log.thread, [final()], [said(log)])
    assert (answer.content, answer.replaces) == (Text(markdown="Here it is."), progress_id(log.id, 0))


def test_an_answer_after_people_were_asked_is_said_below_and_the_message_is_ended() -> None:
    log = LogBuilder()
    log.message()
    call = log.choose(Pay())
    log.answer(log.ask("approval", call))
    log.start(call)
    log.finish(call)
    ended, answer = along(log.thread, [final()], [said(log)])
    assert answer == said(log)
    assert (content([ended]).title, content([ended]).state) == ("Done", "ended")


def test_an_answer_after_it_was_said_by_whose_leave_it_runs_is_said_below() -> None:
    log = LogBuilder()
    log.message()
    call = log.choose(Pay())
    log.commit(e.StepStarted(call=call, attempt=1, grant="00-a.b"))
    log.finish(call)
    ended, answer = along(log.thread, [final()], [said(log)])
    assert (content([ended]).state, answer.replaces) == ("ended", None)


def test_an_answer_after_somebody_wrote_is_said_below() -> None:
    log, call = begun()
    log.message("and hurry", by="bo")
    log.finish(call)
    ended, answer = along(log.thread, [final()], [said(log)])
    assert (content([ended]).state, answer.replaces) == ("ended", None)


def test_an_answer_that_is_said_elsewhere_ends_the_message() -> None:
    log, _ = begun()
    assert content(along(log.thread, [final()], ())).title == "Done"


def test_the_next_turn_has_a_message_of_its_own() -> None:
    log, call = begun()
    log.finish(call)
    log.choose(DoneForNow(message="x"), follow=[final()])
    assert shown(log.thread) is None
    log.message("again")
    (first,) = along(log.thread, [chosen(log, LookUp())], ())
    assert first.id not in {progress_id(log.id, 0), None}
    assert len(content([first]).tasks) == 1


def test_it_shows_that_people_are_waited_for() -> None:
    log = LogBuilder()
    log.message()
    call = log.choose(Pay())
    log.ask("approval", call)
    assert (states(log), title(log)) == ([("Pay", "waiting")], "Waiting for an approval")


def test_it_shows_what_is_not_certain() -> None:
    log = LogBuilder()
    log.message()
    call = log.choose(Pay())
    log.answer(log.ask("approval", call))
    log.start(call)
    log.doubt(call)
    log.ask("doubt", call)
    assert (states(log), title(log)) == ([("Pay", "unsure")], "Needs a look")


def test_a_step_that_somebody_refused_is_shown_as_not_done() -> None:
    log = LogBuilder()
    log.message()
    log.answer(log.ask("approval", log.choose(Pay())), "reject")
    assert states(log) == [("Pay", "failed")]


def test_an_expired_request_ends_its_step_in_the_same_commit() -> None:
    log = LogBuilder()
    log.message()
    request = log.ask("approval", log.choose(Pay()))
    assert states(log, e.RequestExpired(request=request)) == [("Pay", "failed")]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (e.Paused(by="rob"), "Paused"),
        (e.Cancelled(by="rob"), "Cancelled"),
        (e.Parked(by="bot"), "Set aside"),
        (e.ModelFailed(kind="overloaded", retry_at=1, body=FailureBody(error="busy")), "Waiting for the model"),
    ],
)
def test_whatever_stops_a_turn_is_told_with_the_threads_id(event: e.AnyEvent, expected: str) -> None:
    log, _ = begun()
    progress = content(along(log.thread, [event], ()))
    assert (progress.title, log.id in progress.note) == (expected, True)


def test_a_stuck_turn_is_told_with_the_threads_id() -> None:
    log, _ = begun()
    log.ask("stuck")
    progress = shown(log.thread)
    assert progress is not None
    assert (progress.title, progress.state, log.id in progress.note) == ("Stopped", "ended", True)


def test_a_resumed_turn_works_again() -> None:
    log, _ = begun()
    log.append(e.Paused(by="rob"))
    assert content(along(log.thread, [e.Resumed(by="rob")], ())).title == "Working on it"


def test_what_an_order_ended_is_said_again_when_the_thread_comes_to_rest() -> None:
    log, call = begun()
    log.append(e.Paused(by="rob"))
    log.finish(call)
    assert content(at_rest(log.thread)).title == "Paused"


def test_nothing_is_said_of_a_thread_that_goes_on() -> None:
    log, _ = begun()
    assert at_rest(log.thread) == []


def test_a_log_that_must_not_be_folded_still_ends_its_message() -> None:
    log, _ = begun()
    (ended,) = set_aside(log.id, log.thread.origin, [*log.entries, b"not an entry"], "Something is wrong.")
    assert (ended.replaces, content([ended]).state) == (progress_id(log.id, 0), "ended")


def test_nothing_is_set_aside_of_a_turn_without_a_message() -> None:
    log = LogBuilder()
    log.message()
    assert set_aside(log.id, log.thread.origin, log.entries, "Something is wrong.") == []


def test_mail_gets_no_progress() -> None:
    log = LogBuilder(origin=MAIL)
    log.message()
    assert along(log.thread, [chosen(log, LookUp())], ()) == []


def test_switched_off_there_is_none_and_a_turn_that_has_one_still_ends() -> None:
    log, call = begun()
    assert along(log.thread, [e.StepFinished(call=call)], (), enabled=False) == []
    (answer,) = along(log.thread, [final()], [said(log)], enabled=False)
    assert answer.replaces == progress_id(log.id, 0)


def test_of_a_long_turn_the_last_steps_are_shown() -> None:
    log = LogBuilder()
    log.message()
    for number in range(25):
        log.finish(log.choose(LookUp(what=str(number)), limits=50))
    progress = shown(log.thread)
    assert progress is not None
    assert (len(progress.tasks), progress.earlier) == (20, 5)
