"""`bot stats`: the figures of all logs, as people read them and as one JSON object."""

from collections.abc import Callable
from typing import Any, cast

from bot.bodies import TextBody
from bot.events import Feedback, Replied
from bot.steps import DoneForNow
from tests.builders import LogBuilder
from tests.cli.conftest import Said
from tests.cli.test_auditing import Store, store
from tests.example_steps import LookUp

__all__ = ["store"]
Call = Callable[..., Said]


def rated(store: Store) -> None:
    """Put in a thread whose answer somebody found bad."""
    log = LogBuilder()
    log.message()
    log.finish(log.choose(LookUp()))
    call = f"c{log.version}"
    log.choose(DoneForNow(message="x"), follow=[Replied(call=call, final=True, body=TextBody(text="x"))])
    log.append(Feedback(by="ana", call=call, value="down", body=TextBody(text="wrong")))
    store.keep(log)


def test_it_is_one_object_by_agent_with_the_total(store: Store, here: Call) -> None:
    rated(store)
    (record,) = here("stats", "--json").records()
    agents = cast("dict[str, Any]", record["agents"])
    assert (agents["deploy"]["turns"], agents["deploy"]["steps"], agents["deploy"]["down"]) == (1, 2, 1)
    assert record["total"] == agents["deploy"]


def test_people_read_a_table(store: Store, here: Call) -> None:
    rated(store)
    told = here("stats")
    assert told.code == 0
    heading, row = told.out.splitlines()[:2]
    assert heading.split()[0] == "agent"
    assert row.split()[:4] == ["deploy", "1", "1", "2"]
    assert row.split()[-2:] == ["0", "1"]


def test_a_span_leaves_out_what_was_before(store: Store, here: Call) -> None:
    rated(store)
    (record,) = here("stats", "--since", "1h", "--json").records()
    assert cast("dict[str, Any]", record["total"])["steps"] == 0, "the tests' logs are of an earlier year"


def test_a_wrong_span_is_told_with_the_mend(here: Call) -> None:
    told = here("stats", "--since", "yesterday")
    assert told.code != 0
    assert "7d" in told.err
