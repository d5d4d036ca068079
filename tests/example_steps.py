"""Steps of every kind, for threads that tests make up."""

from typing import ClassVar

from bot.steps import Action, Ask, Deny, Facts, Policy, Query, Run


class LookUp(Query):
    """Look something up."""

    what: str = "x"


class Pay(Action):
    """Pay somebody."""

    asks: ClassVar = {"finance"}
    editable: ClassVar = {"amount"}
    amount: int = 1

    def policy(self, facts: Facts) -> Policy:
        del facts
        return Deny("Nobody pays that much.") if self.amount > 2 else Ask("finance", self.amount)


class Post(Action):
    """Post something; nobody is asked."""

    text: str = "x"

    def policy(self, facts: Facts) -> Policy:
        del facts
        return Run()


class Sync(Action):
    """Bring something up to date, as often as one likes."""

    idempotent: ClassVar = True
    name_of: str = "x"


class Fire(Action):
    """Do something that can be looked up afterwards."""

    at: str = "x"

    async def happened(self, deps: object, key: str) -> bool | None:
        del deps, key
        return None
