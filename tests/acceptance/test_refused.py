"""What decides nothing, in separate processes: strangers, forged mail, a customer's word, a call already rejected."""

import sqlite3
from pathlib import Path

from bot.events import StepFailed
from bot.playground.model.script import Say
from tests.acceptance.hands import (
    ASK,
    KIM,
    ROB,
    SUPPORT,
    approve,
    done,
    fill_in,
    happened,
    is_closed,
    records,
    tags_run,
)
from tests.acceptance.people import asking
from tests.acceptance.stage import Stage
from tests.helpers import wait_until

MALLORY = "mallory@elsewhere.test"
CALL = {"service": "backend", "environment": "production", "tag": "v1.4.0"}


async def test_a_strangers_click_is_refused_told_and_recorded(tmp_path: Path) -> None:
    """Zed has no role: he alone sees why nothing happened, and the audit names him; so it goes with Ana, who asked."""
    async with Stage(tmp_path, people=asking()) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        card = await stage.card()
        await approve(stage, "U0ZED", card)
        await approve(stage, "U0ANA", card)
        await wait_until(lambda: "This is for the role release" in stage.told("U0ZED"))
        await wait_until(lambda: "You asked for this yourself" in stage.told("U0ANA"))
        assert "role release" not in stage.told("U0ROB") + stage.told("U0MIA")
        assert not is_closed(stage, card)
        refused = [(event.by, event.reason) for event in await stage.events("refused") if event.type == "refused"]
        assert refused == [("zed", "not_allowed"), ("ana", "requester")]
        audit = (await stage.bot("audit")).out
        assert "Zed Ray (zed): refused  reason=not_allowed" in audit
        assert not tags_run(stage)


async def test_forged_mail_and_a_customers_word_pay_nothing(tmp_path: Path) -> None:
    """Rob's reply address serves neither Mallory nor whoever only claims to be Rob; Kim's `approve` is a message."""
    async with Stage(tmp_path, people=asking()) as stage:
        await stage.start("email", "worker")
        written = stage.mail.write(KIM, SUPPORT, "My order", "I want my money back for order 1042")
        asked = await stage.card_to(ROB)
        token = asked.reply_to or asked.from_
        stage.mail.write(MALLORY, token, f"Re: {asked.subject}", "approve", in_reply_to=asked.message_id)
        stage.mail.reply(ROB, asked.uid, "approve", authentic=False)
        stage.mail.reply(ROB, asked.uid, "approve", authentic="none")
        stage.mail.write(ROB, SUPPORT, f"Re: {asked.subject}", "approve", in_reply_to=asked.message_id, authentic=False)
        stage.mail.write(KIM, SUPPORT, "Re: My order", "approve", in_reply_to=written.message_id)
        stage.mail.write(KIM, token, f"Re: {asked.subject}", "approve", in_reply_to=asked.message_id)
        await stage.mail_to(MALLORY, "this reply address was made for one request and one person")
        await stage.mail_to(ROB, "nothing proves that it came")
        await stage.mail_to(KIM, "this reply address was made for one request and one person")
        await stage.mail_to(KIM, "still waiting for the open request")
        refused = [str(record.get("reason")) for record in records((await stage.bot("dead", "--json")).out)]
        assert {"wrong_sender", "unproven"} <= set(refused)
        with sqlite3.connect(stage.folder / "data" / "shop.sqlite3") as shop:
            assert not shop.execute("SELECT * FROM cases").fetchall()
        thread = next(thread for thread in await stage.threads() if thread.open)
        assert not [event for event in thread.events if event.type == "request_answered"]
        assert [event.by for event in thread.events if event.type == "message_received"] == [f"email:{KIM}"] * 2


async def test_a_rejected_call_comes_back_only_after_a_new_message(tmp_path: Path) -> None:
    """The model insists on what Rob rejected: code says no, without a card. When Ana writes again, Rob is asked."""
    async with Stage(tmp_path, people=asking()) as stage:
        await stage.start("web", "worker")
        root = stage.mention(ASK)
        card = await stage.card()
        stage.model.script([Say("deploy_service", CALL), Say("done_for_now", {"message": "Rob said no."})])
        await fill_in(stage, "U0ROB", card, "reject", preset="0", text="until Monday")
        await done(stage)
        (denied,) = await stage.events("step_failed")
        assert isinstance(denied, StepFailed)
        assert denied.body
        assert "A person rejected exactly this call" in denied.body.error
        assert len(await stage.events("request_opened")) == 1
        assert "Not now, there is a freeze: until Monday" in stage.read_by_model()
        stage.slack.say("U0ANA", "#deploys", f"@bot {ASK}, it is Monday", root)
        again = await stage.card(2)
        await approve(stage, "U0ROB", again)
        await happened(stage, "step_finished")
        assert tags_run(stage) == ["v1.4.0"]
