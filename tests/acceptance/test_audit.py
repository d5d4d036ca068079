"""`bot audit` over a whole story, in separate processes, and `bot audit verify` before and after tampering."""

from pathlib import Path
from typing import Any, cast

from bot.store.keys import ThreadKeys
from tests.acceptance.hands import ASK, approve, approve_for_a_while, done, edit_tag, fill_in, records
from tests.acceptance.people import asking
from tests.acceptance.stage import RELEASES, Stage
from tests.helpers import wait_until


async def test_the_audit_lists_all_of_it(tmp_path: Path) -> None:
    """A stranger's click, a question and its answer, an edit, who approved what, for how long, and what ran by it."""
    async with Stage(tmp_path, people=asking(release='grants = "4h"')) as stage:
        await stage.start("web", "worker")
        await whole_story(stage)
        audit = (await stage.bot("audit")).out
        told = [
            "Zed Ray (zed): refused  reason=not_allowed",
            "Rob Wills (rob) said, proven by slack; it stayed open",
            "the bot answered",
            "Rob Wills (rob) edited it, proven by slack",
            "changed     | tag: v1.4.0 -> v1.3.1",
            "Mia Chen (mia) approved, proven by slack",
            "Mia Chen (mia): this very call may run without asking for a while",
            "started, attempt 1, as approved",
            "started, attempt 1, under the standing permission",
        ]
        assert [line for line in told if line not in audit] == []
        first, second = records((await stage.bot("audit", "--json")).out)
        assert (first["outcome"], second["outcome"]) == ("edited", "approved")


async def test_one_altered_entry_is_named(tmp_path: Path) -> None:
    """Before, `bot audit verify` finds nothing; once somebody else stands in Redis as the approver, that entry."""
    async with Stage(tmp_path, people=asking()) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        await approve(stage, "U0MIA", await stage.card())
        await done(stage)
        assert (await stage.bot("audit", "heads", "--out", "heads.jsonl")).code == 0
        before = await stage.bot("audit", "verify", "--heads", "heads.jsonl")
        assert before.code == 0, before.out + before.err
        name, entry = await alter(stage)
        for words in (["--heads", "heads.jsonl"], []):
            after = await stage.bot("audit", "verify", *words)
            assert after.code == 1
            assert f"{name}, entry {entry}: " in after.out


async def whole_story(stage: Stage) -> None:
    """Zed tries to approve; Rob asks, then changes it; Mia approves that for a while; it runs, and then once more."""
    stage.mention(ASK)
    card = await stage.card()
    await approve(stage, "U0ZED", card)
    await fill_in(stage, "U0ROB", card, "ask", text="what changed between v1.3.1 and v1.4.0?")
    await wait_until(lambda: stage.slack.workspace.replies(RELEASES, card), timeout=20)
    await edit_tag(stage, "slack", card, "v1.3.1")
    await approve_for_a_while(stage, "U0MIA", await stage.card(2), 900)
    await done(stage)
    stage.mention("deploy backend v1.3.1 to production")
    await done(stage, 2)


async def alter(stage: Stage) -> tuple[str, int]:
    """In the store itself, let the approval be Rob's. Returns the thread, and which of its entries that is."""
    client: Any = cast("Any", await stage.client())
    try:
        for thread in await stage.threads():
            key = ThreadKeys(thread.id).log
            for number, entry in enumerate(await client.lrange(key, 0, -1)):
                if b'"outcome":"approved"' in entry:
                    await client.lset(key, number, entry.replace(b'"by":"mia"', b'"by":"rob"'))
                    return thread.id, number
    finally:
        await client.aclose()
    raise AssertionError
