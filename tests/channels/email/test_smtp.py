"""Sending by the real client to a real server: what arrives, and what each failure means."""

import asyncio
from dataclasses import replace
from typing import Literal

import pytest

from bot.places import Place, Text
from bot.playground.mail import MailPeer
from bot.playground.mail.models import FaultPoint
from bot.port import DeliveryFailed
from channels.email.settings import EmailSettings
from channels.email.smtp import EmailChannel
from tests.channels.email.cards import ANA, APPROVAL, APPROVED, delivery

HELLO = delivery(Text(markdown="Hello"), ANA)


async def failure(channel: EmailChannel) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(HELLO, None)
    return caught.value


async def test_a_delivery_arrives_and_its_id_is_the_message_id(peer: MailPeer, channel: EmailChannel) -> None:
    sent = await channel.deliver(HELLO, None)
    (found,) = peer.messages("ana@acme.test")
    assert found.message_id == sent
    assert "Hello" in found.text


async def test_a_repeat_is_the_same_mail(peer: MailPeer, channel: EmailChannel) -> None:
    assert await channel.deliver(HELLO, None) == await channel.deliver(HELLO, None)
    first, second = peer.messages("ana@acme.test")
    assert first.message_id == second.message_id


async def test_nobody_can_ask_smtp_what_it_took(channel: EmailChannel) -> None:
    await channel.deliver(HELLO, None)
    assert await channel.find(HELLO) is None


async def test_an_outcome_follows_its_card(peer: MailPeer, channel: EmailChannel) -> None:
    card = await channel.deliver(delivery(APPROVAL), None)
    await channel.deliver(delivery(APPROVED, delivery_id="bbbbbbbbbbbbbbbb"), card)
    asked, decided = peer.messages("rob@acme.test")
    assert (decided.in_reply_to, decided.subject) == (asked.message_id, f"Re: {asked.subject}")


@pytest.mark.parametrize("point", ["smtp.mail", "smtp.rcpt", "smtp.data"])
@pytest.mark.parametrize("reply", ["451 4.7.1 later", "550 5.1.1 nobody"])
async def test_4xx_may_pass_and_5xx_will_not(
    peer: MailPeer, channel: EmailChannel, point: FaultPoint, reply: str
) -> None:
    peer.fail_next(point, reply=reply)
    found = await failure(channel)
    assert found.permanent == reply.startswith("5")
    assert reply[:3] in str(found)
    await channel.deliver(HELLO, None)
    assert len(peer.messages("ana@acme.test")) == 1


async def test_a_refused_log_in_is_tried_again_later(peer: MailPeer, settings: EmailSettings) -> None:
    wrong = EmailChannel(replace(settings, smtp_url=settings.smtp_url.replace("playground", "wrong")))
    found = await failure(wrong)
    assert (found.permanent, found.retry_after_s) == (False, 60.0)
    assert "SMTP_URL" in str(found)


async def test_a_server_that_is_away_has_taken_nothing(settings: EmailSettings, unused_tcp_port: int) -> None:
    away = EmailChannel(replace(settings, smtp_url=f"smtp://127.0.0.1:{unused_tcp_port}"))
    assert not (await failure(away)).permanent


async def test_a_connection_lost_before_the_text_has_sent_nothing(peer: MailPeer, channel: EmailChannel) -> None:
    peer.fail_next("smtp.rcpt", drop="before")
    assert not (await failure(channel)).permanent


@pytest.mark.parametrize("drop", ["before", "after"])
async def test_of_a_connection_lost_within_the_text_nobody_knows(
    peer: MailPeer, channel: EmailChannel, drop: Literal["before", "after"]
) -> None:
    peer.fail_next("smtp.data", drop=drop)
    with pytest.raises(OSError) as caught:  # noqa: PT011  # any of aiosmtplib's; what matters is what it is not
        await channel.deliver(HELLO, None)
    assert not isinstance(caught.value, DeliveryFailed)


async def test_a_connection_that_the_server_closed_meanwhile_is_made_again(
    peer: MailPeer, channel: EmailChannel
) -> None:
    await channel.deliver(HELLO, None)
    await peer.smtp.stop()
    await peer.smtp.start()
    await channel.deliver(HELLO, None)
    assert len(peer.messages("ana@acme.test")) == 2


@pytest.mark.parametrize("point", ["smtp.mail", "smtp.rcpt", "smtp.data"])
async def test_a_sending_that_was_given_up_leaves_nothing_behind_for_the_next(
    peer: MailPeer, channel: EmailChannel, point: FaultPoint
) -> None:
    await channel.deliver(HELLO, None)
    peer.fail_next(point, hang=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(channel.deliver(HELLO, None), 0.3)
    await channel.deliver(delivery(Text(markdown="next"), ANA), None)
    assert "next" in peer.messages("ana@acme.test")[-1].text


async def test_deliveries_at_the_same_time_share_the_connection(peer: MailPeer, channel: EmailChannel) -> None:
    made = [delivery(Text(markdown=str(n)), ANA, f"aaaabbbbccccddd{'abcdefgh'[n]}") for n in range(8)]
    ids = await asyncio.gather(*(channel.deliver(one, None) for one in made))
    assert {found.message_id for found in peer.messages("ana@acme.test")} == {*ids}


async def test_a_place_that_is_no_address_is_given_up(channel: EmailChannel) -> None:
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(delivery(Text(markdown="x"), Place(channel="email", address="a\r\nb")), None)
    assert caught.value.permanent


async def test_an_address_beyond_ascii_is_written_to_where_the_server_can(
    peer: MailPeer, channel: EmailChannel
) -> None:
    await channel.deliver(delivery(Text(markdown="x"), Place(channel="email", address="jörg@acme.test")), None)
    assert len(peer.messages("jörg@acme.test")) == 1
