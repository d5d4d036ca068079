"""When nobody answers, in separate processes: reminded, escalated, expired, with a ladder of seconds."""

import time
from pathlib import Path

from bot.events import RequestOpened
from tests.acceptance.hands import ASK, approve, done, happened, is_closed, tags_run
from tests.acceptance.people import asking
from tests.acceptance.stage import RELEASES, Stage
from tests.helpers import wait_until

NOBODY_DECIDED = "Nobody decided in time, so nothing was done."


async def expiry(stage: Stage) -> float:
    """When the only request is over (Unix seconds)."""
    (opened,) = await stage.events("request_opened")
    assert isinstance(opened, RequestOpened)
    return opened.expires_at / 1_000_000


async def test_a_reminder_then_others_then_it_expires(tmp_path: Path) -> None:
    """Under the card they are reminded, Zed is asked by himself, then all is closed: model and Ana hear it expired."""
    ladder = 'remind_after = "1s"\nescalate_after = "2s"\nescalate_to = "leads"\nexpire_after = "6s"'
    async with Stage(tmp_path, people=asking(release=ladder, zed="leads")) as stage:
        await stage.start("web", "worker")
        root = stage.mention(ASK)
        card = await stage.card()
        dm = stage.slack.workspace.dm("U0ZED").id
        (below,) = await wait_until(lambda: stage.slack.workspace.replies(RELEASES, card), timeout=20)
        assert "Still waiting for your decision" in below.text
        (to_zed,) = await wait_until(lambda: stage.slack.workspace.messages(dm), timeout=20)
        await wait_until(lambda: "Nobody has answered yet" in " ".join(stage.said(root)))
        await done(stage)
        assert not tags_run(stage)
        await wait_until(lambda: NOBODY_DECIDED in stage.said(root)[-1], what="Ana is told")
        assert '<expired of="2"/>' in stage.read_by_model()
        await wait_until(lambda: is_closed(stage, card) and "Expired. Nothing was run" in stage.shown(card))
        await wait_until(lambda: "Expired. Nothing was run" in stage.shown(to_zed.ts, dm), what="Zed's card is closed")
        kinds = [event.type for event in (await stage.thread()).events]
        rungs = [kind for kind in kinds if kind in {"request_reminded", "request_escalated", "request_expired"}]
        assert rungs == ["request_reminded", "request_escalated", "request_expired"]


async def test_who_was_asked_later_can_decide(tmp_path: Path) -> None:
    """Zed, of the role that it was escalated to, approves by the card that he got."""
    ladder = 'escalate_after = "1s"\nescalate_to = "leads"'
    async with Stage(tmp_path, people=asking(release=ladder, zed="leads")) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        dm = stage.slack.workspace.dm("U0ZED").id
        (to_zed,) = await wait_until(lambda: stage.slack.workspace.messages(dm), timeout=30)
        await stage.slack.click("U0ZED", dm, to_zed.ts, "answer:approve")
        await done(stage)
        assert tags_run(stage) == ["v1.4.0"]


async def test_a_click_after_the_expiry_that_no_worker_noticed_yet(tmp_path: Path) -> None:
    """Every worker stands still when the time is over, and the button is still there: pressing it approves nothing."""
    async with Stage(tmp_path, people=asking(release='expire_after = "4s"')) as stage:
        _, *workers = await stage.start("web", "worker", "worker")
        root = stage.mention(ASK)
        card = await stage.card()
        await happened(stage, "delivered")
        for worker in workers:
            await worker.freeze()
        over = await expiry(stage)
        await wait_until(lambda: time.time() > over, timeout=10)
        assert not is_closed(stage, card)
        await approve(stage, "U0ROB", card)
        await wait_until(lambda: "expired" in stage.told("U0ROB"), what="Rob hears that it is over")
        assert not await stage.events("request_expired")
        for worker in workers:
            worker.thaw()
        await done(stage)
        await wait_until(lambda: NOBODY_DECIDED in stage.said(root)[-1], what="Ana is told")
        assert not tags_run(stage)
        assert not await stage.events("request_answered")
