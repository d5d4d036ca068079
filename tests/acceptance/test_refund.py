"""A refund by mail in separate processes: decided by a reply, by a click, and by both at the same moment."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from tests.acceptance.hands import KIM, ROB, SUPPORT, done, refunds
from tests.acceptance.stage import RELEASES, Stage

ORDER = "1042"


@pytest.mark.parametrize("by", ["reply", "click", "both"])
async def test_a_refund_is_paid_once(tmp_path: Path, by: Literal["reply", "click", "both"]) -> None:
    """Kim writes, Rob decides, the shop pays once, and Kim is told."""
    async with Stage(tmp_path) as stage:
        await stage.start("web", "email", "worker", "worker")
        stage.mail.write(KIM, SUPPORT, "My order", f"I want my money back for order {ORDER}")
        asked = await stage.card_to(ROB)
        card = await stage.card()

        async def click() -> None:
            if by != "reply":
                await stage.slack.click("U0ROB", RELEASES, card, "answer:approve")

        async def reply() -> None:
            if by != "click":
                stage.mail.reply(ROB, asked.uid, "approve")

        await asyncio.gather(click(), reply())

        await done(stage)
        assert refunds(stage) == [ORDER]
        assert len(await stage.events("request_answered")) == 1
        await stage.mail_to(KIM, "My order")
