"""For authors of agents: run one agent alone, with fake deps and scripted steps; no Redis, no model, no clock.

The reducer, the guards, the policies, the requests and the loop are the real ones; the test plays the model and the
people:

    run = AgentRun(agent, prompt="support", deps=FakeShop(), principal=customer("kim"), people={"finn": ["finance"]})
    await run.message("I want my money back for order 1042")
    await run.choose(IssueRefund(order_id="1042", amount=30))
    assert run.waiting_for == "finance"
    await run.approve(by="finn")
    assert run.results[-1] == {"refunded": 30}
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from bot import context, loop
from bot import events as e
from bot.agent import Agent, load
from bot.alone import Alone
from bot.approvals.answers import Now, Refusal, Said, judge
from bot.bodies import AnswerKind, Birth, Ending, MessageBody, TextBody
from bot.config import OPERATORS, Config, PersonEntry, RoleEntry, Route
from bot.entries import Sealer
from bot.events import AnyEvent, MessageReceived, Replied, RequestOpened, StepFailed, StepFinished, StepInDoubt
from bot.ids import RequestIds, thread_id
from bot.model import Answer, Prompt, Usage
from bot.moves import Decide, Rest, Wait, next_move
from bot.people import Directory
from bot.places import Delivery, Place
from bot.runtime import Runtime
from bot.steps import Principal, Step
from bot.store.scripts import Lease
from bot.store.server import Client
from bot.thread import Status, Thread

__all__ = ["AgentRun", "customer", "member", "staff"]

PROMPTS = Path(__file__).resolve().parents[1] / "prompts"


_SECRET = b"a test's secret, which seals no real log"


def staff(name: str) -> Principal:
    """Someone listed as an insider; `people` of AgentRun gives them roles."""
    return Principal(id=name, name=name.capitalize(), trust="staff")


def member(name: str) -> Principal:
    """Someone of the Slack workspace who is not listed."""
    return Principal(id=f"slack:T0ACME/U0{name.upper()}", name=name.capitalize(), trust="member")


def customer(name: str) -> Principal:
    """Someone from outside, who writes by mail."""
    return Principal(id=f"email:{name}@customer.test", name=name.capitalize(), trust="outsider")


class AgentRun:
    """One thread of one agent.

    `prompt` is the name of a file in prompts/, or the path of another one. `deps` is handed to the switch as it is.
    `people` gives roles to people, by their ids; a role that nobody was given has one person, `some-<role>`. The role
    `approvers` is asked by actions without a policy. `settings` is the agent's own table of bot.toml. `others` are
    agents that this one may hand over or delegate to.

    Raises bot.errors.SettingsError if the agent or its prompt is not well formed.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        prompt: str | Path,
        deps: object = None,
        principal: Principal | None = None,
        people: Mapping[str, Sequence[str]] | None = None,
        approvers: str = OPERATORS,
        settings: Mapping[str, object] | None = None,
        others: Mapping[str, Agent] | None = None,
    ) -> None:
        """Load the agent and its prompt; nothing is asked yet."""
        path = prompt if isinstance(prompt, Path) else PROMPTS / f"{prompt}.md"
        name = path.stem
        self.principal = principal or staff("ana")
        self._approvers = approvers
        agents = {name: agent, **(others or {})}
        own = {name: dict(settings or {})}
        roles = {role for each in agents.values() for role in each.asks()} | {approvers, OPERATORS}
        directory = Directory(_config(roles, people or {}, self.principal, approvers, own))
        self._loaded = load(agents, path.parent, own)
        thread = Thread(thread_id("test"), Sealer(_SECRET))
        self._steps: list[Step] = []
        runtime = Runtime(
            client=cast("Client", None),  # `Alone` never reaches for a store
            sealer=thread.sealer,
            ids=RequestIds(_SECRET),
            agents=self._loaded,
            deps=dict.fromkeys(agents, deps),
            model=self._model,
            directory=lambda: directory,
        )
        self._held = Alone(runtime, Lease(thread.id, "1", "", 0, Alone.BEGIN, 1, was_lost=False), thread)
        self._name = name

    async def message(self, text: str, *, by: Principal | None = None) -> None:
        """Somebody writes, the principal unless said otherwise; then the agent is run up to its next decision."""
        who, thread = by or self.principal, self.thread
        place = Place(channel="console", address=self.principal.id)
        birth = Birth(agent=self._name, principal=who.id, trust=who.trust, approvers=self._approvers, origin=place)
        event = MessageReceived(
            by=who.id,
            source=f"test:{thread.version}",
            trust=who.trust,
            place=place,
            birth=None if thread.version else birth,
            body=MessageBody(text=text, name=who.name, title=None if thread.version else text),
        )
        self._held.append(event)
        await self._go()

    async def choose(self, *steps: Step) -> None:
        """The model chooses these steps, one after the other; each is run, refused or asked about as usual.

        Raises AssertionError if the agent does not ask its model that often.
        """
        self._steps += steps
        await self._go()
        if self._steps:
            left, self._steps = [step.name() for step in self._steps], []
            msg = f"the model was not asked for {', '.join(left)}: the thread is {self._state()}"
            raise AssertionError(msg)

    async def approve(self, *, by: str | None = None) -> None:
        """Somebody approves the open request: `by` this person id, or else the first who may."""
        await self._answer("approve", by=by)

    async def reject(self, reason: str = "", *, internal: str = "", by: str | None = None) -> None:
        """Somebody rejects the open request; `internal` is the part of the reason that the model never reads."""
        await self._answer("reject", by=by, text=reason, internal=internal)

    async def edit(self, *, by: str | None = None, **fields: str | bool) -> None:
        """Somebody changes fields of the call, as they would type them; then it is asked anew."""
        await self._answer("edit", by=by, edits=fields)

    async def ask(self, question: str, *, by: str | None = None) -> None:
        """Somebody who is to decide asks the agent something first."""
        await self._answer("say", by=by, text=question)

    async def answer(self, said: str, *, by: str | None = None) -> None:
        """Somebody answers the open question or doubt: with one of its options, or else in their own words."""
        if said in self.request.options:
            await self._answer("choose", by=by, option=said)
        else:
            await self._answer("say", by=by, text=said)

    async def delegate_says(self, said: str, *, how: Ending = "done") -> None:
        """The oldest of the delegates at work comes to its end with these words."""
        child = self.thread.live_children[0].delegated.child
        self._held.append(e.DelegateFinished(by="bot", child=child, outcome=how, body=TextBody(text=said)))
        await self._go()

    async def later(self, *, days: float = 0, seconds: float = 0) -> None:
        """Let time pass: what is open may expire."""
        self._held.clock += int((days * 86_400 + seconds) * 1_000_000)
        await self._go()

    @property
    def thread(self) -> Thread:
        """All that is known: the fold of the events so far."""
        return self._held.thread

    @property
    def events(self) -> Sequence[AnyEvent]:
        """The log."""
        return self.thread.events

    @property
    def status(self) -> Status:
        """What a person would say: ready (for the next step), waiting, done, ..."""
        return self.thread.status

    @property
    def waiting_for(self) -> str | None:
        """The role that is asked, or the people; None if nobody is."""
        opened = next((request.opened for request in self.thread.open.values()), None)
        return None if opened is None else opened.role or ", ".join(opened.approvers)

    @property
    def request(self) -> RequestOpened:
        """The open request; what its card shows is in `request.body`. Raises AssertionError if there is none."""
        opened = next((request.opened for request in self.thread.open.values()), None)
        if opened is None:
            msg = f"nobody is asked anything: the thread is {self._state()}"
            raise AssertionError(msg)
        return opened

    @property
    def results(self) -> list[JsonValue]:
        """What the steps returned, in order."""
        return [event.body.data for event in self.events if isinstance(event, StepFinished) and event.body]

    @property
    def failures(self) -> list[str]:
        """Why steps did not happen: refused by code or policy, or failed; and what is in doubt."""
        return [event.body.error for event in self.events if isinstance(event, StepFailed | StepInDoubt) and event.body]

    @property
    def replies(self) -> list[str]:
        """What the bot said to the people."""
        return [event.body.text for event in self.events if isinstance(event, Replied) and event.body]

    @property
    def system(self) -> str:
        """The rendered prompt of the agent that has the thread."""
        return self._loaded[self.thread.agent or self._name].system

    @property
    def reads(self) -> str:
        """What the model reads of the thread, besides the prompt."""
        return "\n".join(context.blocks(self.thread))

    @property
    def offers(self) -> Mapping[str, type[Step]]:
        """The steps on offer, by name. `offers["issue_refund"].model_json_schema()` is one's form."""
        return self._loaded[self.thread.agent or self._name].menu.steps

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """What would have been sent: cards and lines to the places of those who are asked."""
        return self._held.deliveries

    def _state(self) -> str:
        return f"{self.status}, for {self.waiting_for}" if self.waiting_for else self.status

    async def _go(self) -> None:
        """As bot.loop.advance, but up to a decision that the test has to make."""
        while True:
            move = next_move(self.thread, self._held.now())
            match move:
                case Rest() | Wait():
                    return
                case Decide() if not self._steps:
                    return
                case _:
                    await loop.perform(self._held, move)

    async def _answer(
        self,
        answer: AnswerKind,
        *,
        by: str | None,
        option: str | None = None,
        text: str = "",
        internal: str = "",
        edits: Mapping[str, str | bool] | None = None,
    ) -> None:
        opened, directory = self.request, self._held.runtime.directory()
        person = directory.by_id(by or next(iter(opened.approvers), ""))
        said = Said(
            person=person, proof="test", answer=answer, option=option, text=text, internal=internal, edits=edits or {}
        )
        match judge(self.thread, opened.request, said, Now(self._held.now(), directory, self._form)):
            case Refusal(text=why):
                raise AssertionError(why)
            case answered:
                self._held.append(answered)
        await self._go()

    def _form(self, agent: str, step: str) -> type[Step] | None:
        return self._loaded[agent].menu.steps.get(step)

    async def _model(self, prompt: Prompt) -> Answer:
        step = self._steps.pop(0)
        text = json.dumps({"next": {"step": step.name(), "why": "The test says so.", **step.arguments()}})
        return Answer(text=text, usage=Usage(input=0, cached=0, output=0), model=prompt.model, latency_ms=0)


def _config(
    roles: set[str],
    people: Mapping[str, Sequence[str]],
    principal: Principal,
    approvers: str,
    settings: Mapping[str, Mapping[str, object]],
) -> Config:
    given = {role for each in people.values() for role in each}
    entries = {person: PersonEntry(name=person.capitalize(), roles=tuple(each)) for person, each in people.items()}
    entries |= {f"some-{role}": PersonEntry(name=f"Someone in {role}", roles=(role,)) for role in roles - given}
    if principal.trust == "staff" and principal.id not in entries:
        entries[principal.id] = PersonEntry(name=principal.name)
    routes = tuple(Route(agent=name, who="anyone", approvers=approvers) for name in settings)
    return Config(
        people=entries, roles={role: RoleEntry() for role in sorted(roles | given)}, routes=routes, agents=settings
    )
