"""A refund by mail in separate processes: decided by a reply, by a click, and by both at the same moment."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Literal

import pytest

from tests.acceptance.stage import RELEASES, Stage
from tests.helpers import wait_until

KIM, ROB, ORDER = "kim@example.test", "rob@acme.test", "1042"


def _refunds(stage: Stage) -> list[str]:
    """What the shop's own database says."""
    with sqlite3.connect(stage.folder / "data" / "shop.sqlite3") as shop:
        return [row[0] for row in shop.execute("SELECT order_number FROM cases WHERE kind = 'refund'")]


@pytest.mark.parametrize("by", ["reply", "click", "both"])
async def test_a_refund_is_paid_once(tmp_path: Path, by: Literal["reply", "click", "both"]) -> None:
    """Kim writes, Rob decides, the shop pays once, and Kim is told."""
    async with Stage(tmp_path) as stage:
        await stage.start("web", "email", "worker", "worker")
        stage.mail.write(KIM, "support@acme.test", "My order", f"I want my money back for order {ORDER}")
        asked = await stage.card_to(ROB)
        card = await stage.card()

        async def click() -> None:
            if by != "reply":
                await stage.slack.click("U0ROB", RELEASES, card, "answer:approve")

        async def reply() -> None:
            if by != "click":
                stage.mail.reply(ROB, asked.uid, "approve")

        await asyncio.gather(click(), reply())

        async def done() -> bool:
            return (await stage.thread()).status == "done"

        await wait_until(done, timeout=30, what="the thread is done")
        assert _refunds(stage) == [ORDER]
        assert len(await stage.events("request_answered")) == 1
        await stage.mail_to(KIM, "My order")
