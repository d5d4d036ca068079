"""What people are asked and what they answer, in plain words: rows of the demo's log. Pure."""

from datetime import UTC, datetime
from typing import assert_never

from bot import events as e
from bot.cli.demo_words import Calls, Names, Words, difference, quoted

_BY = {"email": "by mail", "slack": "in Slack", "console": "at the command line"}


def opened(event: e.RequestOpened, calls: Calls, names: Names) -> Words:
    """Who is asked for what."""
    listed = list(map(names, event.approvers))
    people = " and ".join(listed) if 1 < event.quorum == len(listed) else " or ".join(listed) or "nobody"
    people = f"{event.quorum} of {', '.join(listed)}" if 1 < event.quorum < len(listed) else people
    step, body = calls.step(event.call), event.body
    calls.asked[event.request] = event.call or ""
    changed = body.changed if body else {}
    news = difference(changed)
    match event.kind:
        case "approval":
            return Words("◉", f"asked {people} to approve: {step}", f"Asked again: {news}." if news else "", "ask")
        case "question":
            return Words("◉", f"asked {people}", quoted(body.text) if body else "", "ask")
        case "doubt":
            return Words("◉", f"asked {people} whether this happened: {step}", tone="ask")
        case "stuck":
            return Words("◉", f"asked {people} for help", body.text if body else "", "ask")
        case _:
            assert_never(event.kind)


def answered(event: e.RequestAnswered, names: Names) -> Words:
    """What somebody answered, and by which channel if it is not Slack."""
    body = event.body
    text = quoted(body.text) if body else ""
    how = " by mail" if event.proof.startswith("email") else " on the command line" if event.proof == "os" else ""
    match event.answer:
        case "approve":
            more = "" if event.outcome else "; another approval is needed"
            return Words("✓", f"approved{how}{more}", text, "good")
        case "reject":
            kept = f" (internal: {quoted(body.internal)})" if body and body.internal else ""
            return Words("✗", f"rejected{how}", f"{text}{kept}", "bad")
        case "edit":
            changed = difference(body.changes if body else {})
            return Words("✎", f"changed it{how}, so it is asked again", changed, "ask")
        case "give":
            return Words("⇢", f"gave it{how} to {' and '.join(map(names, event.to))}", text, "ask")
        case "choose":
            return Words("✓", f"chose{how}: {(event.option or '').replace('_', ' ')}", text, "good")
        case "say" if event.outcome is None:
            return Words("⁇", f"asked the agent something{how} first", text, "ask")
        case "say":
            return Words("✓", f"answered{how}", text, "good")
        case _:
            assert_never(event.answer)


def meanwhile(
    event: e.RequestReminded | e.RequestEscalated | e.RequestShown | e.Granted | e.GrantRevoked, names: Names
) -> Words:
    """What a request leads to beside its outcome."""
    match event:
        case e.RequestReminded():
            words = "showed it to those who were to be left in peace before" if event.cards else "reminded of it"
            return Words("◔", words, event.body.text if event.body else "", "ask")
        case e.RequestEscalated():
            people = " and ".join(map(names, event.approvers))
            asked = f"asked {people} as well" if people else "found nobody else to ask"
            return Words("◕", f"had no answer, and {asked}", f"They have the role {event.role}.", "ask")
        case e.RequestShown():
            where = " and ".join(dict.fromkeys(_BY[card.place.channel] for card in event.cards))
            return Words("◕", f"did not reach everybody, and asked {where} instead", tone="ask")
        case e.Granted():
            until = datetime.fromtimestamp(event.until / 1_000_000, UTC)
            return Words("∞", f"lets exactly this run without asking until {until:%H:%M} UTC", tone="good")
        case e.GrantRevoked():
            return Words("⊘", "took that permission back", tone="bad")
        case _:
            assert_never(event)
