"""To whom the bot speaks: the thread of origin, or only those who asked something before they decide."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.approvals import cards
from bot.bodies import CardAt
from bot.events import RequestAnswered
from bot.identity import SlackIdentity
from bot.ids import fresh_id
from bot.people import Directory
from bot.places import Delivery, Notice, Text
from bot.thread import RequestState, Thread
from bot.visible import line

_ABOUT = 80  # characters of a thread's title


@dataclass(frozen=True, slots=True)
class Reply:
    """Where a reply goes: `to` are the requests whose askers get it, none if it is for the thread of origin."""

    to: tuple[str, ...]
    out: list[Delivery]


def reply(thread: Thread, directory: Directory, markdown: str, *, answers: str | None = None) -> Reply:
    """Say something to whoever spoke last. `answers`: the call whose answer it is, which people may rate.

    What is asked by those who decide, and the answer to it, are none of the business of whoever is waiting.
    """
    asked = thread.asked_back
    content = Text(markdown=markdown)
    if not asked:
        rate = f"{thread.id}/{answers}" if answers and directory.config.slack.feedback else None
        return Reply((), _answer(thread, directory, content.model_copy(update={"rate": rate})))
    found = [at for index, by, request in asked for at in _cards_of(thread, directory, index, by, request)]
    below = {at.delivery: at for at in found}
    out = [
        Delivery(id=fresh_id(), thread=thread.id, place=at.place, content=content, under=at.delivery)
        for at in below.values()
    ]
    if thread.last_message >= thread.attended:
        out += _answer(thread, directory, content)
    return Reply(tuple(dict.fromkeys(request for _, _, request in asked)), out)


def _answer(thread: Thread, directory: Directory, text: Text) -> list[Delivery]:
    """Say it where the thread began; to whoever wrote last alone, if bot.toml wants answers in that channel private."""
    origin = thread.origin
    how = directory.channel(f"slack:{origin.address}").answers if origin.channel == "slack" else "thread"
    reader = _last_writer(thread, directory) if how != "thread" else None
    if reader is None:
        return cards.line(thread, text)
    if how == "ephemeral":
        return cards.line(thread, Notice(markdown=text.markdown, to=reader.account))
    about = text.model_copy(update={"markdown": f"*About: {line(thread.title, _ABOUT)}*\n\n{text.markdown}"})
    return [Delivery(id=fresh_id(), thread=thread.id, place=reader.place, content=about)]


def _last_writer(thread: Thread, directory: Directory) -> SlackIdentity | None:
    """Whoever wrote last in Slack, of those who can be told something alone: bots cannot."""
    for _, person in reversed(thread.writers):
        found = [one for one in directory.identities(person) if isinstance(one, SlackIdentity)]
        if found and not found[0].account.rpartition("/")[2].startswith("B"):
            return found[0]
    return None


def _cards_of(thread: Thread, directory: Directory, index: int, by: str, request_id: str) -> Iterator[CardAt]:
    """The card that somebody asked at: in the channel that they used, their own or the one they share."""
    request = thread.requests[request_id]
    event = thread.events[index]
    channel = event.proof.partition(":")[0] if isinstance(event, RequestAnswered) else ""
    mine = [at for at in request.cards if _reads(directory, request, by, at)]
    used = [at for at in mine if at.place.channel == channel]
    yield from (used or mine)[:1]


def _reads(directory: Directory, request: RequestState, person: str, at: CardAt) -> bool:
    """Whether this card is shown to this person: theirs alone, or in a channel."""
    own = {identity.place.address for identity in directory.identities(person)}
    others = {
        identity.place.address
        for other in request.approvers
        if other != person
        for identity in directory.identities(other)
    }
    return at.place.address in own or at.place.address not in others
