"""What is not urgent comes in one mail a day, for those who want it so, and is answered there, each for itself."""

import time

import pytest

from bot.approvals.daily import daily
from bot.approvals.hours import next_daily
from bot.config import ConfigError, parse_config
from bot.digests import Digests
from bot.pending import PendingCards
from bot.people import Directory
from bot.playground.mail import ShownMessage
from bot.store.log import recent
from channels.email.addresses import token_in
from tests.channels.email.mails import SETTINGS
from tests.channels.email.office import CONFIG, Office
from tests.helpers import wait_until
from tests.runtime.scripted import done, step

GATHERED = CONFIG.replace(
    'email = "rob@acme.test"',
    'email = "rob@acme.test"\ntimezone = "Europe/Berlin"\nworking = "mon-sun 09:00-17:00"\ndigest = "09:00"',
)


@pytest.fixture
def asking(office: Office) -> Office:
    """An agent that asks Rob two things that are not urgent, in two threads; he reads such things once a day."""
    office.stage.directory = Directory(parse_config(GATHERED))
    office.stage.model.script.clear()
    options = {"urgency": "low", "format": "yes_no"}
    for question in ("Shall we order paper?", "Shall we paint the wall?"):
        office.stage.model.says(step("request_human_input", question=question, options=options, ask="rob"))
    office.stage.model.otherwise = done("Thank you.")
    return office


async def ask_both(office: Office) -> None:
    for n in (1, 2):
        office.peer.write(f"p{n}@acme.test", "support@acme.test", f"Matter {n}", "Please ask")

        async def so_many_wait(count: int = n) -> bool:
            return [head.status for head in await recent(office.stage.client)].count("waiting") == count

        await wait_until(so_many_wait)


def digests(office: Office, *, late_s: int = 60) -> Digests:
    """So long after the next nine o'clock."""
    directory = office.stage.directory
    mail = daily(directory, "rob")
    assert mail
    at = next_daily(mail.hours, mail.minute, time.time_ns() // 1000) + late_s * 1_000_000
    pending = PendingCards(office.stage.client, office.stage.sealer, lambda: directory)
    return Digests(office.stage.client, pending, lambda: directory, lambda: at)


def robs(office: Office) -> list[ShownMessage]:
    return office.peer.messages("rob@acme.test")


async def test_both_questions_come_in_one_mail_and_not_before(asking: Office) -> None:
    async with asking.open():
        await ask_both(asking)
        assert robs(asking) == []
        await digests(asking).round()
        mail = await asking.mail_to("rob", "2 requests wait for you")
    assert "order paper" in mail.text
    assert "paint the wall" in mail.text
    assert len(robs(asking)) == 1


async def test_each_is_answered_at_its_own_address(asking: Office) -> None:
    async with asking.open():
        await ask_both(asking)
        await digests(asking).round()
        mail = await asking.mail_to("rob", "2 requests wait for you")
        addresses = [word for word in mail.text.split() if "+r." in word]
        assert len(addresses) == 2
        paint = addresses[1 if mail.text.index("order paper") < mail.text.index("paint the wall") else 0]
        asking.peer.write("Rob <rob@acme.test>", paint, "Re: 2 requests", "no")

        async def one_is_answered() -> bool:
            return [head.status for head in await recent(asking.stage.client)].count("done") == 1

        await wait_until(one_is_answered)
    assert token_in([paint], SETTINGS.addresses)


async def test_it_is_sent_once_whichever_workers_are_up(asking: Office) -> None:
    async with asking.open():
        await ask_both(asking)
        first, second = digests(asking), digests(asking, late_s=3_600)
        await first.round()
        await first.round()
        await second.round()
        await asking.mail_to("rob", "2 requests wait for you")
    assert len(robs(asking)) == 1


async def test_with_nothing_to_ask_there_is_no_mail(asking: Office) -> None:
    async with asking.open():
        await digests(asking).round()
    assert robs(asking) == []


async def test_what_was_asked_after_the_time_waits_for_the_next_day(asking: Office) -> None:
    async with asking.open():
        await ask_both(asking)
        made = digests(asking)
        made.clock = lambda: time.time_ns() // 1000
        await made.round()
    assert robs(asking) == []


async def test_what_is_urgent_comes_at_once(asking: Office) -> None:
    asking.stage.model.script.clear()
    asking.stage.model.says(step("request_human_input", question="Is it on fire?", ask="rob"))
    async with asking.open():
        asking.peer.write("ana@acme.test", "support@acme.test", "Matter", "Please ask")
        await asking.mail_to("rob", "Is it on fire?")


def test_whoever_is_not_asked_by_mail_gets_none() -> None:
    with pytest.raises(ConfigError, match="is not asked by mail"):
        parse_config(GATHERED.replace('email = "rob@acme.test"', 'slack = "T0ACME/U0ROB"'))


def test_a_time_of_the_day_needs_a_clock() -> None:
    with pytest.raises(ConfigError, match="by no clock"):
        parse_config(CONFIG.replace('email = "rob@acme.test"', 'email = "rob@acme.test"\ndigest = "09:00"'))


@pytest.mark.parametrize("wrong", ["9", "24:00", "09:60", "morning"])
def test_what_is_no_time_of_the_day_is_said(wrong: str) -> None:
    with pytest.raises(ConfigError, match="time of the day such as 09:00"):
        parse_config(GATHERED.replace('09:00"\n[', f'{wrong}"\n[').replace('digest = "09:00"', f'digest = "{wrong}"'))
