"""What the tests of the support agent share: who asks, the sample shop, and a conversation that the rehearsal leads."""

from collections.abc import Awaitable
from pathlib import Path

import pytest
from pydantic import JsonValue, TypeAdapter

from agents.backends.shop import Shop
from agents.backends.shop_embedded import EmbeddedShop
from agents.backends.shop_settings import read_settings
from agents.support import agent
from bot import context
from bot.menu import Menu
from bot.moves import Decide, next_move
from bot.playground.model.rehearsal import choose
from bot.steps import NotDone, Principal
from bot.testing import AgentRun

KIM = Principal(id="email:kim@example.test", name="Kim North", trust="outsider")
LEE = Principal(id="email:lee@example.test", name="Lee Santos", trust="outsider")
NOOR = Principal(id="email:noor@example.test", name="Noor Haddad", trust="outsider")
SAM = Principal(id="email:sam@example.test", name="Sam Okafor", trust="outsider")
IDA = Principal(id="email:ida@example.test", name="Ida Berg", trust="outsider")
FORGED = Principal(id="unproven:email:kim@example.test", name="Kim North", trust="outsider")
STAFF = Principal(id="ana", name="Ana Lima", trust="staff")

_MOST = 20  # decisions after one message
_OBJECT = TypeAdapter(dict[str, JsonValue])


def shop_at(folder: Path, **settings: JsonValue) -> EmbeddedShop:
    """The embedded shop in a folder, with the samples if it is new there."""
    return EmbeddedShop(folder / "shop.sqlite3", read_settings(settings))


async def refusal(call: Awaitable[object]) -> str:
    """The message of the refusal that the call ends with."""
    with pytest.raises(NotDone) as refused:
        await call
    return str(refused.value)


class Conversation:
    """A thread of the support agent in which the rehearsal plays the model."""

    def __init__(self, shop: Shop, principal: Principal) -> None:
        """Begin with nothing said."""
        people = {"finn": ["finance"], "fay": ["finance"]}
        self.run = AgentRun(agent, prompt="support", deps=shop, principal=principal, people=people)
        self._menu = Menu(tuple(self.run.offers.values()))
        self._schema = _OBJECT.validate_python(self._menu.schema)

    async def says(self, text: str) -> str:
        """The customer writes, and the rehearsal decides until it waits or is done; return what was replied last."""
        await self.run.message(text)
        return await self._go_on()

    async def approved(self) -> str:
        """The first person who may approves what is asked."""
        await self.run.approve()
        return await self._go_on()

    async def rejected(self, reason: str, *, internal: str = "") -> str:
        """The first person who may says no."""
        await self.run.reject(reason, internal=internal)
        return await self._go_on()

    async def decider_asks(self, text: str) -> str:
        """The first person who may decide asks something first."""
        await self.run.ask(text)
        return await self._go_on()

    async def answers(self, text: str) -> str:
        """The customer answers the question that is open."""
        await self.run.answer(text, by=self.run.principal.id)
        return await self._go_on()

    @property
    def steps(self) -> list[str]:
        """The steps that were chosen, but for the words at the end."""
        return [call.chosen.step for call in self.run.thread.calls.values() if call.chosen.step != "done_for_now"]

    @property
    def arguments(self) -> dict[str, JsonValue]:
        """The arguments of the step that waits for somebody."""
        body = self.run.request.body
        return dict(body.arguments) if body else {}

    async def _go_on(self) -> str:
        for _ in range(_MOST):
            thread = self.run.thread
            if not isinstance(next_move(thread, self.run.events[-1].at or 0), Decide):
                return self.run.replies[-1] if self.run.replies else ""
            choice = choose(context.blocks(thread), self._schema, self.run.system)
            assert choice is not None
            await self.run.choose(self._menu.parse(TypeAdapter(JsonValue).dump_json(choice.answer()).decode()).step)
        message = f"no end after {_MOST} decisions: {self.steps}"
        raise AssertionError(message)
