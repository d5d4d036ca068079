"""When nobody answers: reminded, escalated and expired by a worker, each in its time and once."""

from bot.events import RequestEscalated, RequestExpired, RequestReminded
from bot.places import Card, Decision, StatusLine, Text
from tests.helpers import wait_until
from tests.runtime.scripted import done, step
from tests.runtime.stage import CONFIG, Stage

LADDER = CONFIG.replace(
    "[roles.release]\n",
    '[roles.release]\nremind_after = "1s"\nescalate_after = "1s"\nescalate_to = "finance"\nexpire_after = "{expire}"\n',
)
ASK = step("send", text="the-secret-argument")


async def climbed(stage: Stage) -> None:
    """Wait until the whole ladder is behind the one open request."""

    async def there() -> bool:
        return (await stage.request()).next_rung is None

    await wait_until(there, what="the ladder to be climbed")


async def test_nobody_answers_so_they_are_reminded_then_others_are_asked_and_one_of_those_decides(
    stage: Stage,
) -> None:
    stage.configure(LADDER.format(expire="1h"))
    stage.model.says(ASK, done("Sent."))
    async with stage.working():
        await stage.say("send it")
        await climbed(stage)
        request = await stage.request()
        await wait_until(lambda: len(stage.channel.cards()) == 2, what="a card for Bo")
        answered = await stage.answer("bo", "approve")
        thread = await stage.becomes("done")
        await wait_until(lambda: sum(isinstance(one.content, Decision) for one, _ in stage.channel.sent) == 2)
    first, second = request.cards
    assert [type(event) for event in thread.events if isinstance(event, RequestReminded | RequestEscalated)] == [
        RequestReminded,
        RequestEscalated,
    ]
    reminder, previous = next(sent for sent in stage.channel.sent if sent[0].under)
    assert (reminder.under, reminder.place, reminder.valid_while) == (
        first.delivery,
        first.place,
        request.opened.request,
    )
    assert previous is not None
    assert isinstance(reminder.content, Text)
    assert reminder.content.markdown.startswith("Still waiting for your decision: Send, asked by Ana Lima; expires 20")
    assert second.place.address == "T0ACME/U0BO"
    assert "Nobody has answered yet; *finance* are asked as well." in stage.channel.lines("C0OPS")
    assert answered.accepted
    assert len(stage.world.ran("send")) == 1


def shown(stage: Stage) -> set[str | None]:
    """The cards that were shown; under load the second may come too late to be sent."""
    return {one.id for one, _ in stage.channel.sent if isinstance(one.content, Card)}


def closed(stage: Stage) -> set[str | None]:
    return {one.replaces for one, _ in stage.channel.sent if isinstance(one.content, Decision)}


async def test_what_nobody_answers_expires_on_every_card_and_does_not_run(stage: Stage) -> None:
    stage.configure(LADDER.format(expire="2s"))
    stage.model.says(ASK, done("Nobody was there."))
    async with stage.working():
        await stage.say("send it")
        thread = await stage.becomes("done")
        await wait_until(lambda: shown(stage) != set() and closed(stage) == shown(stage))
    assert any(isinstance(event, RequestExpired) for event in thread.events)
    assert "<expired" in stage.model.read
    assert stage.world.runs == []
    lines = [one.content.markdown for one, _ in stage.channel.sent if isinstance(one.content, StatusLine)]
    assert "Nobody decided in time, so nothing was run." in lines
