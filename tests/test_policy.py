"""What a step's own policy comes to in a thread: who must be asked, and what nobody's policy can let run."""

from decimal import Decimal
from typing import ClassVar

import pytest

from bot.guards import policy_of
from bot.steps import Action, Ask, Deny, Facts, Policy, Run
from tests.builders import LogBuilder
from tests.example_steps import LookUp, Pay, Post, Sync


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


class Broken(Action):
    """Its policy has a bug."""

    def policy(self, facts: Facts) -> Policy:
        raise KeyError(facts.principal.id)


class Counting(Action):
    """Asks from the second time on."""

    def policy(self, facts: Facts) -> Policy:
        return Ask("boss") if facts.done.get("counting") or "x" not in facts.unattended else Run()


def test_a_step_of_another_kind_needs_no_policy(log: LogBuilder) -> None:
    assert policy_of(LookUp(), log.thread, frozenset()) == Run()


def test_without_a_policy_of_its_own_the_routes_approvers_are_asked(log: LogBuilder) -> None:
    log.message()
    assert policy_of(Sync(), log.thread, frozenset()) == Ask("finance")


def test_a_policys_own_role_and_quorum_stand(log: LogBuilder) -> None:
    log.message()
    assert policy_of(Pay(amount=2), log.thread, frozenset()) == Ask("finance", 2)


@pytest.mark.parametrize("trust", ["guest", "outsider"])
def test_for_people_from_outside_nothing_runs_without_a_person(trust: str) -> None:
    log = LogBuilder(trust=trust)
    log.message()
    assert policy_of(Post(), log.thread, frozenset()) == Ask("finance")


@pytest.mark.parametrize("trust", ["staff", "member"])
def test_for_insiders_a_policy_may_let_it_run(trust: str) -> None:
    log = LogBuilder(trust=trust)
    log.message()
    assert policy_of(Post(), log.thread, frozenset()) == Run()


def test_a_no_stays_a_no_for_everyone(log: LogBuilder) -> None:
    log.message()
    assert isinstance(policy_of(Pay(amount=3), log.thread, frozenset()), Deny)


def test_without_a_principal_nothing_runs(log: LogBuilder) -> None:
    assert isinstance(policy_of(Post(), log.thread, frozenset()), Deny)


def test_what_a_broken_policy_says_is_no(log: LogBuilder) -> None:
    log.message()
    assert policy_of(Broken(), log.thread, frozenset()) == Deny(
        "Its policy could not be applied (KeyError), so it does not run."
    )


def test_a_policy_sees_what_was_done_and_what_may_run_unattended(log: LogBuilder) -> None:
    log.message()
    assert policy_of(Counting(), log.thread, frozenset()) == Ask("boss")
    assert policy_of(Counting(), log.thread, frozenset({"x"})) == Run()
    call = log.choose(Counting(), policy=Run())
    log.start(call)
    log.finish(call)
    assert policy_of(Counting(), log.thread, frozenset({"x"})) == Ask("boss")


class Final(Action):
    """Its policy would let it run; whoever wrote it knows that it cannot be undone."""

    reversibility: ClassVar = "irreversible"

    def policy(self, facts: Facts) -> Policy:
        return Run()


class Mild(Final):
    """The same, but it can be undone."""

    reversibility: ClassVar = "reversible"


def test_what_cannot_be_undone_is_asked_about_whatever_its_policy_says(log: LogBuilder) -> None:
    log.message()
    assert policy_of(Mild(), log.thread, frozenset()) == Run()
    assert policy_of(Final(), log.thread, frozenset()) == Ask("finance")


@pytest.mark.parametrize("trust", ["staff", "outsider"])
def test_no_limit_of_a_day_covers_what_cannot_be_undone(trust: str) -> None:
    log = LogBuilder(trust=trust)
    log.message()
    assert isinstance(policy_of(Mild(), log.thread, frozenset(), Decimal(5)), Run)
    assert policy_of(Final(), log.thread, frozenset(), Decimal(5)) == Ask("finance")
