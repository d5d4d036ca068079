"""Standing permissions, in separate processes: given, used, taken back, over; and never for outsiders."""

import sqlite3
import time
from pathlib import Path

from bot.events import Granted, StepStarted
from tests.acceptance.hands import (
    ASK,
    KIM,
    ROB,
    SUPPORT,
    approve,
    approve_for_a_while,
    done,
    records,
    request_at,
    tags_run,
)
from tests.acceptance.people import asking
from tests.acceptance.stage import Stage
from tests.helpers import wait_until

MOVE = "Please change the address of order 1047 to: Kim North, 12 Hill Road, 1010 Northtown"


async def test_approved_for_a_while_used_and_taken_back(tmp_path: Path) -> None:
    """Rob approves for a quarter of an hour: the same runs again without a card and says so; revoked, it is asked."""
    async with Stage(tmp_path, people=asking(release='grants = "4h"')) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        assert not (await approve_for_a_while(stage, "U0ROB", await stage.card(), 900)).errors
        await done(stage)
        second = stage.mention(ASK)
        await done(stage, 2)
        assert tags_run(stage) == ["v1.4.0"] * 2
        leave = "Ran under a standing permission by Rob Wills"
        await wait_until(lambda: leave in " ".join(stage.said(second)), what="by whose leave it ran")
        (standing,) = records((await stage.bot("grants", "--json")).out)
        started = [event for thread in await stage.threads() for event in thread.events if event.type == "step_started"]
        assert {event.grant for event in started if isinstance(event, StepStarted)} == {None, standing["grant"]}
        stage.mention("deploy frontend v1.4.0 to production")
        await stage.card(2)  # another service is another call
        revoked = await stage.bot("grants", "revoke", str(standing["display"]))
        assert revoked.code == 0, revoked.err
        stage.mention(ASK)
        await stage.card(3)
        assert tags_run(stage) == ["v1.4.0"] * 2


async def test_when_the_time_is_over_it_is_asked_again(tmp_path: Path) -> None:
    """`bot approve --for 2s` approves this once for good, and the same again only as long as that."""
    async with Stage(tmp_path, people=asking(release='grants = "4h"')) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        approved = await stage.bot("approve", request_at(stage, await stage.card()), "--for", "2s")
        assert approved.code == 0, approved.err
        await done(stage)
        (granted,) = await stage.events("granted")
        assert isinstance(granted, Granted)
        await wait_until(lambda: time.time() > granted.until / 1_000_000)
        stage.mention(ASK)
        await approve(stage, "U0MIA", await stage.card(2))
        await done(stage, 2)
        assert tags_run(stage) == ["v1.4.0"] * 2


async def test_a_permission_serves_no_thread_of_an_outsider(tmp_path: Path) -> None:
    """Rob lets Ana's change of an address run for a while; the very same wish of Kim, the customer, is asked."""
    async with Stage(tmp_path, people=asking(support='mail = true\ngrants = "4h"')) as stage:
        await stage.start("email", "worker")
        stage.mail.write("ana@acme.test", SUPPORT, "Order 1047", MOVE)
        asked = await stage.card_to(ROB)
        stage.mail.reply(ROB, asked.uid, "approve for 30 minutes")
        await done(stage)
        assert len(records((await stage.bot("grants", "--json")).out)) == 1
        stage.mail.write(KIM, SUPPORT, "Order 1047", MOVE)
        again = await stage.card_to(ROB, 2)
        stage.mail.reply(ROB, again.uid, "approve for 30 minutes")
        await stage.mail_to(ROB, "you can only approve it as it is, once")
        assert len(records((await stage.bot("grants", "--json")).out)) == 1
        with sqlite3.connect(stage.folder / "data" / "shop.sqlite3") as shop:
            assert len(shop.execute("SELECT * FROM cases").fetchall()) == 1
