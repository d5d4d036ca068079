"""What is wrong between threads, and between them and the world, is found out in forged histories."""

import random
from collections import Counter

import pytest

from bot.bodies import CardBody
from bot.events import Cancelled, Granted, GrantRevoked
from bot.playground.mail import MailPeer
from bot.playground.slack import SlackPeer
from bot.steps import hash_of
from tests.builders import SEALER, LogBuilder, waiting_call
from tests.chaos.forging import start, stored
from tests.chaos.letters import Letters
from tests.chaos.meddling import Lost
from tests.chaos.outside import Outside
from tests.chaos.together import Together
from tests.chaos.warehouse import Parcel
from tests.example_steps import Pay

HOUR = 3_600_000_000  # us
ARGUMENTS, FACTS = Pay().arguments(), {"van": "red"}


def giving(**more: object) -> tuple[LogBuilder, str]:
    """A thread in which Rob approved a call for an hour, and that leave. `more`: what is different about it."""
    log = LogBuilder(agent="giving")
    log.message()
    call = log.choose(Pay())
    body = CardBody(title="Pay", arguments=ARGUMENTS, snapshot={**FACTS})
    request = log.ask("approval", call, body=body, may_grant_us=HOUR)
    log.answer(request)
    usual: dict[str, object] = {
        "by": "rob",
        "grant": f"{log.id}.g",
        "request": request,
        "agent": "using",
        "step": Pay.name(),
        "call_hash": Pay().call_hash(),
        "facts": hash_of({**FACTS}),
        "role": "finance",
        "until": log.now + HOUR,
    }
    log.append(Granted.model_validate(usual | more))
    return log, f"{log.id}.g"


def using(grant: str, *, trust: str = "staff", after: int = 0, amount: int = 1) -> LogBuilder:
    """Another thread, in which a call starts by that leave, so much (us) later."""
    log = LogBuilder(agent="using", trust=trust)
    log.now += 1_000_000 + after
    log.message()
    start(log, log.choose(Pay(amount=amount)), grant=grant)
    return log


def wrong(*logs: LogBuilder, parcels: tuple[Parcel, ...] = (), lost: tuple[Lost, ...] = ()) -> str:
    """All that is found in these threads."""
    return "\n".join(Together(map(stored, logs)).always(parcels, lost))


def test_what_stands_may_be_used() -> None:
    given, grant = giving()
    assert wrong(given, using(grant)) == ""


def test_a_permission_that_nobody_gave() -> None:
    given, _ = giving()
    assert "that nobody gave" in wrong(given, using("another"))


def test_a_permission_for_another_call() -> None:
    given, grant = giving()
    assert "for another call" in wrong(given, using(grant, amount=2))


def test_a_permission_that_is_over() -> None:
    given, grant = giving()
    assert "that was not in force" in wrong(given, using(grant, after=2 * HOUR))


def test_a_permission_that_had_been_taken_back() -> None:
    given, grant = giving()
    given.append(GrantRevoked(by="rob", grant=grant))
    assert "that had been taken back" in wrong(given, using(grant))


def test_a_permission_by_somebody_who_asked_for_it() -> None:
    given, grant = giving(by="ana")
    assert "by somebody who asked for it" in wrong(given, using(grant))


def test_a_permission_of_another_role() -> None:
    given, grant = giving(role="operators")
    assert "of people that it does not ask" in wrong(given, using(grant))


def test_a_permission_for_somebody_from_outside() -> None:
    given, grant = giving()
    assert "for somebody from outside" in wrong(given, using(grant, trust="outsider"))


def approved() -> tuple[LogBuilder, str]:
    """A thread in which a call was approved and started. Returns the key of its parcel too."""
    log = LogBuilder()
    log.message()
    call = log.choose(Pay())
    log.answer(log.ask("approval", call, body=CardBody(title="Pay", arguments=ARGUMENTS, snapshot={**FACTS})))
    start(log, call)
    return log, f"{log.id}.{call}"


def test_what_went_out_was_approved() -> None:
    log, key = approved()
    assert wrong(log, parcels=(Parcel(key, ARGUMENTS, FACTS),)) == ""


@pytest.mark.parametrize(
    "parcels",
    [
        [("", {"amount": 2}, FACTS)],
        [("", ARGUMENTS, {"van": "blue"})],
        [("", ARGUMENTS, FACTS), ("", ARGUMENTS, FACTS)],
        [("0", ARGUMENTS, FACTS)],
    ],
    ids=["other arguments", "other facts", "twice", "another call"],
)
def test_what_went_out_was_not_approved(parcels: list[tuple[str, dict[str, str | int], dict[str, str]]]) -> None:
    log, key = approved()
    went_out = tuple(Parcel(key + more, {**arguments}, {**facts}) for more, arguments, facts in parcels)
    assert "nobody approved that" in wrong(log, parcels=went_out)


def test_what_went_out_by_leave_has_the_facts_that_it_was_given_for() -> None:
    given, grant = giving()
    used = using(grant)
    key = f"{used.id}.c1"
    assert wrong(given, used, parcels=(Parcel(key, ARGUMENTS, FACTS),)) == ""
    assert "nobody approved that" in wrong(given, used, parcels=(Parcel(key, ARGUMENTS, {"van": "blue"}),))


def test_an_approval_by_somebody_who_has_lost_the_role() -> None:
    log, _ = approved()
    begun = log.now - 10_000_000
    assert "without the role" in wrong(log, lost=(Lost("rob", begun, log.now + 1),))
    assert wrong(log, lost=(Lost("rob", begun, log.now - 10_000),)) == ""  # he had it again


def test_a_request_that_is_open_after_its_thread_was_cancelled() -> None:
    log = LogBuilder()
    _, request = waiting_call(log)
    log.append(Cancelled(by="rob"))
    assert f"{request} is open" in "".join(Together([stored(log)]).quiet())


def test_a_form_that_was_taken_and_is_in_no_log() -> None:
    log = LogBuilder()
    _, request = waiting_call(log)
    mail = MailPeer()
    outside = Outside(SlackPeer(), Letters(mail, random.Random(1)), [stored(log)], SEALER)  # noqa: S311  # no secret
    taken = Counter({("U0ROB", request, "reject"): 1})
    assert "is in no log" in "".join(outside.violations(Counter(), taken))
    log.answer(request, "reject")
    outside = Outside(SlackPeer(), Letters(mail, random.Random(1)), [stored(log)], SEALER)  # noqa: S311  # no secret
    assert "the form" not in "".join(outside.violations(Counter(), taken))
