"""Kill -9 of every process and of the store in the middle of an edit, a question, an escalation: it goes on, once."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.acceptance.hands import ASK, approve, done, edit_tag, fill_in, happened, tags_run
from tests.acceptance.people import asking
from tests.acceptance.stage import RELEASES, Stage
from tests.helpers import wait_until


async def edited(stage: Stage, card: str) -> str:
    """The edit is taken, and no worker has asked again yet. Mia approves what Rob made of it."""
    await edit_tag(stage, "slack", card, "v1.3.1")
    await power_loss(stage)
    await approve(stage, "U0MIA", await stage.card(2))
    return "v1.3.1"


async def asked_back(stage: Stage, card: str) -> str:
    """The question is taken, and no worker has passed it to the agent yet. Its answer comes below the card, once."""
    await fill_in(stage, "U0ROB", card, "ask", text="what changed between v1.3.1 and v1.4.0?")
    await power_loss(stage)
    await wait_until(lambda: stage.slack.workspace.replies(RELEASES, card), timeout=30, what="the answer")
    await approve(stage, "U0ROB", card)
    await happened(stage, "step_finished", 2)
    assert len(stage.slack.workspace.replies(RELEASES, card)) == 1
    return "v1.4.0"


async def escalated(stage: Stage, card: str) -> str:
    """It is time to ask Zed as well, and no worker has noticed yet. He is asked once, and approves."""
    (opened,) = await stage.events("request_opened")
    assert opened.type == "request_opened"
    due = opened.rungs[0].at / 1_000_000
    await wait_until(lambda: time.time() > due)
    assert not await stage.events("request_escalated")
    await power_loss(stage)
    dm = stage.slack.workspace.dm("U0ZED").id
    (to_zed,) = await wait_until(lambda: stage.slack.workspace.messages(dm), timeout=30, what="Zed's card")
    await stage.slack.click("U0ZED", dm, to_zed.ts, "answer:approve")
    await done(stage)
    assert len(stage.slack.workspace.messages(dm)) == 1
    return "v1.4.0"


async def power_loss(stage: Stage) -> None:
    """Everything is gone at once, and comes back."""
    await stage.kill_everything()
    await stage.start("web", "worker")


@pytest.mark.parametrize("middle", [edited, asked_back, escalated])
async def test_everything_is_killed_in_the_middle(
    tmp_path: Path, middle: Callable[[Stage, str], Awaitable[str]]
) -> None:
    """The worker stands still when somebody acts, then all is killed: it resumes, and there is one outcome."""
    ladder = 'escalate_after = "4s"\nescalate_to = "leads"' if middle is escalated else ""
    async with Stage(tmp_path, people=asking(release=ladder, zed="leads")) as stage:
        _, worker = await stage.start("web", "worker")
        stage.mention(ASK)
        card = await stage.card()
        await happened(stage, "delivered")
        await worker.freeze()
        tag = await middle(stage, card)
        await done(stage)
        assert tags_run(stage) == [tag]
