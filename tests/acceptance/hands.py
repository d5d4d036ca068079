"""What people do with a request in these stories: by a button and its form, by a reply, by a command."""

import json
import sqlite3
from typing import Literal

from bot.playground.slack import Outcome
from bot.playground.slack.inputs import Value, elements
from tests.acceptance.stage import RELEASES, Stage
from tests.helpers import wait_until

By = Literal["slack", "mail", "command"]
ASK = "deploy backend v1.4.0 to production"
SUPPORT, KIM, ROB, MIA = "support@acme.test", "kim@example.test", "rob@acme.test", "mia@acme.test"


async def approve(stage: Stage, user: str, card: str) -> Outcome:
    """Press Approve, in whatever version of the card the person still sees."""
    return await stage.slack.click(user, RELEASES, card, "answer:approve", stale=True)


async def fill_in(stage: Stage, user: str, card: str, button: str, **typed: Value) -> Outcome:
    """Press a button of a card, fill in the form that it opens, and send that."""
    opened = await stage.slack.click(user, RELEASES, card, f"answer:{button}")
    assert opened.modals, stage.told(user)
    return await stage.slack.submit_view(user, opened.modals[-1], typed)


async def approve_for_a_while(stage: Stage, user: str, card: str, seconds: int) -> Outcome:
    """Choose this in the card's menu, and for how long in the form that it opens."""
    pick = f"answer:grant|{request_at(stage, card)}"
    opened = await stage.slack.click(user, RELEASES, card, "answer:more", pick)
    return await stage.slack.submit_view(user, opened.modals[-1], {"seconds": str(seconds)})


async def edit_tag(stage: Stage, by: By, card: str, tag: str) -> None:
    """Let Rob change which tag is to be deployed."""
    match by:
        case "slack":
            outcome = await fill_in(stage, "U0ROB", card, "edit", **{"field-0": tag})
            assert not outcome.errors
        case "mail":
            asked = await stage.card_to(ROB)
            stage.mail.reply(ROB, asked.uid, f"tag: {tag}")
        case "command":
            said = await stage.bot("edit", request_at(stage, card), f"tag={tag}")
            assert said.code == 0, said.err


def request_at(stage: Stage, card: str) -> str:
    """The request that a card's buttons are about."""
    blocks = stage.slack.workspace.message(RELEASES, card).blocks
    found = [element.get("value") for _, element in elements(blocks) if element.get("action_id") == "answer:reject"]
    assert found, stage.shown(card)
    return str(found[0])


def is_closed(stage: Stage, card: str) -> bool:
    """Whether nothing can be pressed on a card any more."""
    return "action_id" not in stage.shown(card)


async def done(stage: Stage, count: int = 1) -> None:
    """Wait until so many threads are there, and all of them are done."""

    async def all_done() -> bool:
        return await stage.statuses() == ["done"] * count

    await wait_until(all_done, timeout=30, what=f"{count} thread(s) done")


async def happened(stage: Stage, kind: str, count: int = 1) -> None:
    """Wait until the only thread has so many events of this type."""

    async def enough() -> bool:
        return len(await stage.events(kind)) >= count

    await wait_until(enough, timeout=30, what=f"{count} {kind}")


def tags_run(stage: Stage) -> list[str]:
    """What the deploy command really deployed, in order."""
    return [str(run["tag"]) for run in stage.demo.runs()]


def refunds(stage: Stage) -> list[str]:
    """What the shop's own database says was paid back."""
    with sqlite3.connect(stage.folder / "data" / "shop.sqlite3") as shop:
        return [row[0] for row in shop.execute("SELECT order_number FROM cases WHERE kind = 'refund'")]


def records(out: str) -> list[dict[str, object]]:
    """What a command printed with --json."""
    return [json.loads(line) for line in out.splitlines()]
