"""Deploys a service at a tag: staging runs, production asks the release managers."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, JsonValue

from agents.backends.deploy import DeployBackend, Deploys
from bot.agent import Agent
from bot.steps import Action, Ask, Call, Facts, Policy, Principal, Query, Run

LONG_S = 2 * 3600.0  # the backend's own time-out is shorter, and says what it knows


class ListTags(Query):
    """List the newest tags that could be deployed."""

    timeout_s: ClassVar = 300.0


class CurrentDeployments(Query):
    """Say which tag of which service is deployed in which environment."""


class WhatChanged(Query):
    """List the commits between two tags."""

    timeout_s: ClassVar = 300.0
    old: str
    new: str


class CheckHealth(Query):
    """Check whether a service is healthy in an environment."""

    service: str
    environment: str


class _Deployment(Action):
    asks: ClassVar = {"release"}
    timeout_s: ClassVar = LONG_S
    reversibility: ClassVar = "reversible"  # by deploying what was there before
    service: str = Field(description="exactly as configured, such as backend")
    environment: str = Field(description="exactly as configured, such as production")

    def policy(self, facts: Facts) -> Policy:
        return Run() if self.environment in facts.unattended else Ask("release")

    async def happened(self, deps: Deploys, key: str) -> bool | None:
        return await deps.happened(key)


class DeployService(_Deployment):
    """Deploy one service at a tag to an environment."""

    editable: ClassVar = {"tag"}
    reject_reasons: ClassVar = ("Not now, there is a freeze", "This is the wrong tag", "Its tests are not green")
    tag: str = Field(description="a tag that exists, such as v1.4.0")

    async def snapshot(self, deps: Deploys, principal: Principal) -> Mapping[str, JsonValue]:
        del principal
        return {"commit": await deps.commit_of(self.tag)}


class RollBack(_Deployment):
    """Deploy again what was deployed before the current deployment."""

    async def snapshot(self, deps: Deploys, principal: Principal) -> Mapping[str, JsonValue]:
        del principal
        before = await deps.previous(self.service, self.environment)
        return {"tag": before.tag, "commit": before.commit}


Steps = ListTags | CurrentDeployments | WhatChanged | CheckHealth | DeployService | RollBack


async def switch(step: Steps, deploys: Deploys, call: Call) -> object:
    """Run one step. What was approved is what is deployed: the commit, not the tag."""
    match step:
        case ListTags():
            return await deploys.tags()
        case CurrentDeployments():
            return await _deployed(deploys)
        case WhatChanged(old=old, new=new):
            return await deploys.changes(old, new)
        case CheckHealth(service=service, environment=environment):
            return await deploys.health(service, environment)
        case DeployService(service=service, environment=environment, tag=tag):
            commit = str(call.snapshot["commit"])
            return await deploys.deploy(service, environment, tag, commit, key=call.key)
        case RollBack(service=service, environment=environment):
            tag, commit = str(call.snapshot["tag"]), str(call.snapshot["commit"])
            return await deploys.roll_back(service, environment, tag, commit, key=call.key)


async def prefetch(deploys: Deploys, principal: Principal) -> object:
    """Tags and current deployments: nearly every request needs them."""
    del principal
    return {"tags": await deploys.tags(), "deployments": await _deployed(deploys)}


async def _deployed(deploys: Deploys) -> list[dict[str, JsonValue]]:
    return [found.model_dump(mode="json", exclude={"key"}) for found in await deploys.current()]


agent = Agent(switch, deps=DeployBackend.open, prefetch=prefetch)
