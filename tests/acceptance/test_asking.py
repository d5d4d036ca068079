"""Asking people in separate processes: several of them, by several channels, who change and ask before they decide."""

from pathlib import Path

import pytest

from bot.playground.repository import commit_of, move_tag
from tests.acceptance.hands import (
    ASK,
    KIM,
    MIA,
    ROB,
    SUPPORT,
    By,
    approve,
    done,
    edit_tag,
    fill_in,
    is_closed,
    refunds,
    tags_run,
)
from tests.acceptance.people import asking
from tests.acceptance.stage import RELEASES, Stage
from tests.helpers import wait_until


async def test_two_decide_by_click_and_by_mail_and_each_counts_once(tmp_path: Path) -> None:
    """A quorum of two: Rob clicks twice and writes, Mia's mail comes twice; two votes, one refund, all cards closed."""
    async with Stage(tmp_path, people=asking()) as stage:
        await stage.start("web", "email", "worker")
        stage.mail.write(KIM, SUPPORT, "My order", "I want my money back for order 1047")
        card = await stage.card()
        for_rob, for_mia = await stage.card_to(ROB), await stage.card_to(MIA)
        await approve(stage, "U0ROB", card)
        await approve(stage, "U0ROB", card)
        await wait_until(lambda: "answered this already" in stage.told("U0ROB"), what="Rob hears: one vote a person")
        stage.mail.reply(ROB, for_rob.uid, "approve")
        await stage.mail_to(ROB, "You have answered this already")
        assert not refunds(stage)
        stage.mail.reply(MIA, for_mia.uid, "approve")
        sent = stage.mail.messages(MIA, "Sent")[-1]
        stage.mail.receive(sent.raw.encode(), for_mia.reply_to)
        await done(stage)
        assert refunds(stage) == ["1047"]
        votes = [event for event in await stage.events("request_answered") if event.type == "request_answered"]
        assert [(vote.by, vote.proof.partition(":")[0]) for vote in votes] == [("rob", "slack"), ("mia", "email")]
        await wait_until(lambda: is_closed(stage, card) and "Approved by" in stage.shown(card))
        await stage.mail_to(ROB, "Approved by Mia Chen")
        await stage.mail_to(MIA, "Approved by Mia Chen")


@pytest.mark.parametrize("by", ["slack", "mail", "command"])
async def test_a_call_is_changed_and_somebody_else_approves_it(tmp_path: Path, by: By) -> None:
    """Rob changes the tag; he cannot approve that, Mia can; it runs as changed, and log and model know the change."""
    async with Stage(tmp_path, people=asking(release="mail = true")) as stage:
        await stage.start("web", "email", "worker")
        stage.mention(ASK)
        card = await stage.card()
        await edit_tag(stage, by, card, "v1.3.1")
        again = await stage.card(2)
        assert "Changed by Rob Wills" in stage.shown(again)
        await wait_until(lambda: is_closed(stage, card) and "Changed by Rob Wills" in stage.shown(card))
        await approve(stage, "U0ROB", again)
        await wait_until(lambda: "someone else has to decide" in stage.told("U0ROB"), what="Rob hears why not")
        await approve(stage, "U0MIA", again)
        await done(stage)
        assert tags_run(stage) == ["v1.3.1"]
        edited, _ = await stage.events("request_answered")
        assert edited.type == "request_answered"
        assert edited.body
        assert edited.body.changes == {"tag": ["v1.4.0", "v1.3.1"]}
        assert '<edited of="2" by="Rob Wills">\n{"tag": ["v1.4.0", "v1.3.1"]}\n</edited>' in stage.read_by_model()


async def test_a_question_at_a_card_is_answered_below_it_and_nowhere_else(tmp_path: Path) -> None:
    """Rob asks what changed; the agent looks it up and answers under the card alone; then Rob approves."""
    async with Stage(tmp_path, people=asking()) as stage:
        await stage.start("web", "worker")
        root = stage.mention(ASK)
        card = await stage.card()
        await fill_in(stage, "U0ROB", card, "ask", text="what changed between v1.3.1 and v1.4.0?")
        below = await wait_until(lambda: stage.slack.workspace.replies(RELEASES, card), timeout=20)
        assert "Larger pictures on small screens" in below[0].text
        assert not tags_run(stage)
        await approve(stage, "U0ROB", card)
        await done(stage)
        assert tags_run(stage) == ["v1.4.0"]
        assert not any("Larger pictures" in text for text in stage.said(root))


async def test_a_question_by_mail_is_answered_by_mail_to_whoever_asked(tmp_path: Path) -> None:
    """Rob asks by a reply what was paid; he alone reads the answer, Kim and Mia do not; then he approves."""
    async with Stage(tmp_path, people=asking()) as stage:
        await stage.start("email", "worker")
        stage.mail.write(KIM, SUPPORT, "My order", "I want my money back for order 1042")
        asked = await stage.card_to(ROB)
        stage.mail.reply(ROB, asked.uid, "What has she paid for this order?")
        await stage.mail_to(ROB, "This is the order")
        stage.mail.reply(ROB, asked.uid, "approve")
        await done(stage)
        assert refunds(stage) == ["1042"]
        await stage.mail_to(KIM, "on their way back to you")
        await stage.mail_to(MIA, "Approved by Rob Wills")
        assert not any("This is the order" in mail.text for box in (KIM, MIA) for mail in stage.mails(box))


async def test_a_tag_that_moves_after_an_edit_was_approved(tmp_path: Path) -> None:
    """The worker does not see it before the start: it is asked again with the difference, still not of the editor."""
    async with Stage(tmp_path, people=asking()) as stage:
        _, worker = await stage.start("web", "worker")
        stage.mention(ASK)
        await edit_tag(stage, "slack", await stage.card(), "v1.3.1")
        edited = await stage.card(2)
        await worker.freeze()
        old, new = (commit_of(stage.demo.repository, tag) for tag in ("v1.3.1", "v1.2.1"))
        assert (await approve(stage, "U0MIA", edited)).acked
        move_tag(stage.demo.repository, "v1.3.1", new)
        worker.thaw()
        again = await stage.card(3)
        assert not tags_run(stage)
        assert old in stage.shown(again)
        assert new in stage.shown(again)
        await approve(stage, "U0ROB", again)
        await wait_until(lambda: "someone else has to decide" in stage.told("U0ROB"))
        await approve(stage, "U0MIA", again)
        await done(stage)
        assert [(run["tag"], run["commit"]) for run in stage.demo.runs()] == [("v1.3.1", new)]
