"""bot.testing runs one agent alone: the real rules, with the test as model and as people."""

from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import Field, JsonValue

from bot.agent import Agent
from bot.errors import SettingsError
from bot.steps import (
    Action,
    Ask,
    Call,
    Delegate,
    Deny,
    DoneForNow,
    Facts,
    HandOff,
    KeepWaiting,
    NotDone,
    Options,
    Policy,
    Principal,
    Query,
    RequestHumanInput,
    Run,
)
from bot.testing import AgentRun, customer, staff


class LookUpOrder(Query):
    """Look up one order by its number."""

    order_id: str


class IssueRefund(Action):
    """Pay a customer back."""

    asks: ClassVar = {"finance"}
    order_id: str
    amount: Decimal = Field(gt=0)

    def policy(self, facts: Facts) -> Policy:
        if self.amount > 1_000:
            return Deny("More than 1,000 is for the accountants.")
        return Run() if facts.principal.is_staff and self.amount <= 20 else Ask("finance")


class Shop:
    """A shop whose orders are all of one customer."""

    def __init__(self) -> None:
        self.refunds: list[tuple[str, Decimal, str]] = []
        self.fails: Exception | None = None

    async def refund(self, step: IssueRefund, key: str) -> JsonValue:
        if self.fails:
            raise self.fails
        self.refunds.append((step.order_id, step.amount, key))
        return {"refunded": str(step.amount)}


async def switch(step: LookUpOrder | IssueRefund, shop: Shop, call: Call) -> JsonValue:
    """Run one step."""
    match step:
        case LookUpOrder(order_id=order):
            return {"order": order, "of": call.principal.name}
        case IssueRefund():
            return await shop.refund(step, call.key)


async def prefetch(shop: Shop, principal: Principal) -> object:
    """What is known anyway."""
    return {"refunds": len(shop.refunds), "of": principal.name}


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    path = tmp_path / "support.md"
    path.write_text("---\ndescription: pays customers back\n---\nYou are {{ name }}.\n")
    return path


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def run(prompt: Path, shop: Shop) -> AgentRun:
    agent = Agent(switch, prefetch=prefetch)
    people = {"finn": ["finance"], "olga": ["operators"]}
    return AgentRun(agent, prompt=prompt, deps=shop, principal=customer("kim"), people=people)


async def test_an_action_waits_for_the_role_that_its_policy_names(run: AgentRun, shop: Shop) -> None:
    await run.message("I want my money back for order 1042")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    assert (run.waiting_for, run.status, shop.refunds) == ("finance", "waiting", [])


async def test_an_approval_runs_exactly_what_was_asked(run: AgentRun, shop: Shop) -> None:
    await run.message("I want my money back for order 1042")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    await run.approve(by="finn")
    assert run.results[-1] == {"refunded": "30"}
    assert [refund[:2] for refund in shop.refunds] == [("1042", Decimal(30))]


async def test_someone_without_the_role_cannot_approve(run: AgentRun, shop: Shop) -> None:
    await run.message("My money, please")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    with pytest.raises(AssertionError, match="for the role finance to answer"):
        await run.approve(by="olga")
    assert shop.refunds == []


async def test_a_reason_for_a_no_is_read_by_the_model(run: AgentRun) -> None:
    await run.message("My money, please")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    await run.reject("only half of it")
    assert "only half of it" in run.reads
    assert run.status == "ready"


async def test_a_customer_gets_nothing_without_a_person_although_policy_says_run(prompt: Path, shop: Shop) -> None:
    for principal, waiting_for in ((staff("ana"), None), (customer("kim"), "finance")):
        run = AgentRun(Agent(switch), prompt=prompt, deps=shop, principal=principal)
        await run.message("Twenty back, please")
        await run.choose(IssueRefund(order_id="1042", amount=Decimal(20)))
        assert run.waiting_for == waiting_for


async def test_what_policy_denies_is_told_to_the_model(run: AgentRun) -> None:
    await run.message("Ten thousand back, please")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(10_000)))
    assert run.failures == ["More than 1,000 is for the accountants."]


async def test_a_query_runs_at_once_and_several_steps_can_be_chosen(run: AgentRun) -> None:
    await run.message("Where is order 7?")
    await run.choose(LookUpOrder(order_id="7"), DoneForNow(message="On its way."))
    assert run.results == [{"order": "7", "of": "Kim"}]
    assert (run.replies, run.status) == (["On its way."], "done")


async def test_the_same_query_without_news_is_refused_by_code(run: AgentRun) -> None:
    await run.message("Where is order 7?")
    await run.choose(LookUpOrder(order_id="7"), LookUpOrder(order_id="7"))
    assert "made already" in run.failures[-1]


async def test_an_error_of_the_tool_leaves_an_action_in_doubt(run: AgentRun, shop: Shop) -> None:
    shop.fails = TimeoutError("the bank did not answer")
    await run.message("My money, please")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    await run.approve()
    assert (run.request.kind, run.waiting_for) == ("doubt", "finance")
    shop.fails = None
    await run.answer("run_it", by="finn")
    assert len(shop.refunds) == 1


async def test_not_done_means_that_it_may_be_tried_again(run: AgentRun, shop: Shop) -> None:
    shop.fails = NotDone("The till is closed.")
    await run.message("My money, please")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    await run.approve()
    assert (run.failures, run.status) == (["The till is closed."], "ready")


async def test_a_question_is_answered_by_whom_it_was_put_to(run: AgentRun) -> None:
    await run.message("My money, please")
    yes_no = Options(format="yes_no")
    await run.choose(RequestHumanInput(question="Is it order 7?", options=yes_no))
    assert run.waiting_for == run.principal.id
    await run.answer("yes")
    assert "yes" in run.reads.splitlines()[-2]


async def test_a_request_expires_when_nobody_answers(run: AgentRun, shop: Shop) -> None:
    await run.message("My money, please")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    await run.later(days=8)
    assert (run.status, shop.refunds) == ("ready", [])
    assert "<expired" in run.reads


async def test_choosing_while_nothing_is_asked_of_the_model_fails_the_test(run: AgentRun) -> None:
    await run.message("My money, please")
    await run.choose(IssueRefund(order_id="1042", amount=Decimal(30)))
    with pytest.raises(AssertionError, match="not asked for done_for_now: the thread is waiting, for finance"):
        await run.choose(DoneForNow(message="Done."))


async def test_the_prompt_and_what_is_prefetched_can_be_looked_at(run: AgentRun) -> None:
    await run.message("Hello")
    await run.choose(DoneForNow(message="Hello."))
    assert run.system == "You are support.\n"
    assert '{"refunds": 0, "of": "Kim"}' in run.reads
    assert {"look_up_order", "issue_refund", "done_for_now"} <= set(run.offers)


async def test_a_thread_can_be_handed_over_to_agents_that_are_there(prompt: Path) -> None:
    (prompt.parent / "desk.md").write_text("---\ndescription: finds the right agent\n---\n{{ agents }}\n")
    run = AgentRun(Agent(), prompt=prompt.parent / "desk.md", others={"support": Agent(switch)})
    assert "pays customers back" in run.system
    await run.message("My money, please")
    await run.choose(HandOff(agent="support"))
    assert run.system == "You are support.\n"


async def test_a_part_of_a_task_can_be_delegated_and_its_result_read(prompt: Path) -> None:
    (prompt.parent / "desk.md").write_text("---\ndescription: finds the right agent\n---\nDelegate.\n")
    run = AgentRun(Agent(), prompt=prompt.parent / "desk.md", others={"support": Agent(switch)})
    await run.message("My money, please")
    await run.choose(Delegate(agent="support", task="Look up order 1042"), KeepWaiting())
    assert run.status == "waiting"
    await run.delegate_says("It was paid back.")
    assert "It was paid back." in run.reads
    await run.choose(DoneForNow(message="You have it already."))
    assert run.status == "done"


def test_a_missing_prompt_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nobody\.md"):
        AgentRun(Agent(switch), prompt=tmp_path / "nobody.md")
