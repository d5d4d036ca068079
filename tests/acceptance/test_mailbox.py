"""A mailbox that several processes share: whichever of them is killed or stands still, each mail is taken once."""

from pathlib import Path

from tests.acceptance.hands import KIM, SUPPORT, done
from tests.acceptance.stage import Stage

QUESTION = "What can I send back, and for how long?"


async def asked(stage: Stage, number: int) -> None:
    """Kim's n-th mail is answered, and no mail has become two threads."""
    stage.mail.write(KIM, SUPPORT, f"Question {number}", QUESTION)
    await stage.mail_to(KIM, f"Question {number}")
    await done(stage, number)
    assert len(await stage.threads()) == number


async def test_whichever_process_is_killed_another_goes_on(tmp_path: Path) -> None:
    """Kill -9 of one after the other, so of the one that watches, too; the mails that come then are taken, once."""
    async with Stage(tmp_path) as stage:
        first, second, _ = await stage.start("email", "email", "worker")
        await asked(stage, 1)
        first.kill()
        await asked(stage, 2)
        await stage.start("email")
        second.kill()
        await asked(stage, 3)


async def test_one_that_stood_still_takes_nothing_a_second_time(tmp_path: Path) -> None:
    """Each stands still for longer than it may, in turn; the other watches meanwhile, and nothing is taken twice."""
    async with Stage(tmp_path) as stage:
        first, second, _ = await stage.start("email", "email", "worker")
        await asked(stage, 1)
        await first.freeze()
        await asked(stage, 2)
        first.thaw()
        await second.freeze()
        await asked(stage, 3)
        second.thaw()
        await asked(stage, 4)
