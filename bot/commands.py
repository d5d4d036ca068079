"""The few words that code answers by itself: an empty message, `help`, `whoami`."""

from collections.abc import Mapping

from bot.identity import Identity, SlackIdentity
from bot.people import Directory
from bot.port import Inbound

NOT_FOR_YOU = "Sorry, I do not take requests from you here."


def answer(inbound: Inbound, directory: Directory, agents: Mapping[str, str]) -> str | None:
    """What to say to this message without an agent; None if an agent should read it."""
    match inbound.text.strip().casefold():
        case "" | "help" | "?":
            return help_text(agents)
        case "whoami" | "who am i" | "who am i?":
            lines = directory.whoami(inbound.identity).strip()
            return f"This is how I know you:\n```\n{lines}\n```"
        case _:
            return None


def refusal(directory: Directory, identity: Identity) -> str:
    """What to say to somebody whom nobody here listens to; a member gets the lines by which they would be listed.

    A bot is told nothing: it may answer that.
    """
    if isinstance(identity, SlackIdentity) and identity.is_bot:
        return ""
    external = isinstance(identity, SlackIdentity) and (identity.is_guest or identity.is_external)
    if external or not identity.proven:
        return NOT_FOR_YOU
    lines = directory.whoami(identity).strip()
    return f"{NOT_FOR_YOU} If you should be able to, send these lines to the admin:\n```\n{lines}\n```"


def help_text(agents: Mapping[str, str]) -> str:
    """What the bot can do, one line an agent."""
    able = [f"- **{name}**: {description}" for name, description in sorted(agents.items()) if name != "triage"]
    return "\n".join(
        [
            "Tell me in your own words what you need; anything that changes the world waits for a person's approval.",
            *(able or ["- nothing yet: no agent is installed"]),
            "",
            "`whoami` shows how I know you.",
        ]
    )
