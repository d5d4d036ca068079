"""`[channels.*]` at work: who is heard, how often a bot is, and where answers go."""

import time

from bot.identity import SlackIdentity
from bot.intake import MOST_BOT_TURNS
from bot.places import Notice, Text
from bot.port import Inbound, Verdict
from tests.helpers import wait_until
from tests.runtime.office import CONFIG
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage, person
from tests.runtime.test_intake import inbound, refusals

CI = SlackIdentity(account="T0ACME/B0CI", name="CI", proven=True, is_bot=True)


def configured(stage: Stage, table: str) -> None:
    stage.configure(f'{CONFIG}\n[channels."slack:T0ACME/C0OPS"]\n{table}\n')


def by_bot(n: int) -> Inbound:
    return inbound(n, "it is red", identity=CI)


# --- bots ----------------------------------------------------------------------------------------------------------


async def test_a_bot_that_the_channel_names_begins_a_thread_as_an_outsider(stage: Stage) -> None:
    configured(stage, 'bots = "B0CI"')
    assert await stage.intake().message(by_bot(1)) == "taken"
    thread = await stage.fold()
    assert thread.birth is not None
    assert (thread.principal_id, thread.birth.trust) == ("slack:T0ACME/B0CI", "outsider")


async def test_any_other_bot_is_refused(stage: Stage) -> None:
    configured(stage, 'bots = "B0OTHER"')
    assert await stage.intake().message(by_bot(1)) == "refused"


async def verdicts(stage: Stage, first: int) -> list[Verdict]:
    return [await stage.intake().message(by_bot(first + n)) for n in range(MOST_BOT_TURNS + 2)]


async def test_two_bots_cannot_talk_for_ever(stage: Stage) -> None:
    configured(stage, 'bots = "B0CI"')
    assert await verdicts(stage, 1) == ["taken"] * MOST_BOT_TURNS + ["refused"] * 2
    assert [record.reason for record in await refusals(stage)] == ["bot_turns"] * 2


async def test_a_word_by_a_person_gives_the_bot_its_turns_back(stage: Stage) -> None:
    configured(stage, 'bots = "B0CI"')
    await verdicts(stage, 1)
    assert await stage.intake().message(inbound(50, "go on")) == "taken"
    assert await stage.intake().message(by_bot(51)) == "taken"


# --- listening -----------------------------------------------------------------------------------------------------


async def test_what_is_not_addressed_to_us_is_no_turn(stage: Stage) -> None:
    await stage.intake().message(inbound(1))
    assert await stage.intake().message(inbound(2, "lunch?", starts=False, answers_only=True)) == "ignored"
    assert (await stage.fold()).version == 1


async def test_but_it_answers_the_question_that_was_put_to_its_author(stage: Stage) -> None:
    stage.model.says(step("request_human_input", question="Which tag?", options={"format": "free_text"}))
    stage.model.otherwise = done()
    async with stage.working():
        await stage.say("deploy it", "ana")
        await stage.request()
        answer = inbound(9, "v1.4", starts=False, answers_only=True, identity=person("ana"))
        assert await stage.intake().message(answer) == "answered"
        await stage.becomes("done")


# --- private answers -----------------------------------------------------------------------------------------------


async def answered(stage: Stage, table: str) -> list[tuple[str, str, str]]:
    """Where the answer to Ana's question went, as what, and what it said."""
    configured(stage, table)
    stage.model.otherwise = done("It is 42.")
    async with stage.working():
        await stage.say("how much?", "ana")
        await stage.becomes("done")
        await wait_until(lambda: stage.channel.sent)
    found = [one for one, _ in stage.channel.sent]
    said = [(one.place.address, one.content) for one in found]
    return [(at, type(one).__name__, one.markdown) for at, one in said if isinstance(one, Text | Notice)]


async def test_an_answer_is_seen_by_all_in_the_thread(stage: Stage) -> None:
    assert await answered(stage, "") == [("T0ACME/C0OPS", "Text", "It is 42.")]


async def test_a_private_answer_comes_as_a_direct_message_that_says_what_it_is_about(stage: Stage) -> None:
    said = ("T0ACME/U0ANA", "Text", "*About: how much?*\n\nIt is 42.")
    assert await answered(stage, 'answers = "dm"') == [said]


async def test_or_is_shown_in_place_to_whoever_wrote_alone(stage: Stage) -> None:
    assert await answered(stage, 'answers = "ephemeral"') == [("T0ACME/C0OPS", "Notice", "It is 42.")]
    notices = [one.content.to for one, _ in stage.channel.sent if isinstance(one.content, Notice)]
    assert notices == ["T0ACME/U0ANA"]


async def test_a_bot_is_answered_in_the_thread_since_it_reads_nothing_else(stage: Stage) -> None:
    configured(stage, 'bots = "B0CI"\nanswers = "dm"')
    stage.model.otherwise = done("Seen.")
    async with stage.working():
        await stage.intake().message(by_bot(time.time_ns()))
        await stage.becomes("done")
        await wait_until(lambda: stage.channel.sent)
    assert stage.channel.lines("C0OPS") == ["Seen."]
