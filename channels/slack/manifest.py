"""The app as Slack is told about it: every scope and event with what it is for, and the manifest made of them.

`SCOPES` and `EVENTS` are the one place that names them: the manifest, `bot doctor` and the README follow it. The models
below are our own, written after Slack's published schema (manifest.schema.1.0.0.json of slackapi/manifest-schema on
GitHub, 0.5.0), with its limits, for the fields that we use; they refuse every other field.
"""

import json
import re
from typing import Annotated, Final, Literal, NamedTuple, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from bot.errors import CountersignError
from channels.slack.about import ABOUT
from channels.slack.http import PATH

COMMAND: Final = "/bot"
"""What people type, unless the workspace has another app of that name: `bot slack manifest --command /acme-bot`."""

SCOPES = {
    "app_mentions:read": "hearing when someone mentions the bot",
    "channels:history": "following the threads it takes part in, in public channels",
    "groups:history": "the same in private channels",
    "im:history": "direct messages",
    "mpim:history": "group direct messages",
    "chat:write": "answering, and asking for approval",
    "files:read": "reading the text files that come with a message",
    "assistant:write": "being an agent: the Stop button, what a thread is at, and prompts to begin with",
    "files:write": "showing all of a call, or answer, that is too long; without it nobody approves such a call here",
    "im:write": "asking someone for approval by direct message",
    "channels:read": "finding the public channels it is in, to look there for what it missed during an outage",
    "groups:read": "the same for private channels",
    "im:read": "the same for direct messages",
    "mpim:read": "the same for group direct messages",
    "users:read": "telling members from guests and strangers; without it nobody counts as a member",
    "commands": "the slash command, and asking about a message from its menu",
}
"""What the bot's token may do, and what for."""


class Event(NamedTuple):
    """Something that Slack tells the app: what for, and the scope without which it does not."""

    purpose: str
    scope: str | None = None


EVENTS = {
    "app_mention": Event("a mention starts a thread", "app_mentions:read"),
    "message.channels": Event("follow-ups in the threads it takes part in, in public channels", "channels:history"),
    "message.groups": Event("the same in private channels", "groups:history"),
    "message.im": Event("direct messages", "im:history"),
    "message.mpim": Event("group direct messages", "mpim:history"),
    "app_home_opened": Event("showing what waits for someone in the app's Home tab, and prompts in its messages"),
    "agent_session_stopped": Event("the Stop button, which pauses a thread", "assistant:write"),
    "app_uninstalled": Event("telling the operators that the app was taken out of the workspace"),
    "tokens_revoked": Event("telling the operators that its token was taken away"),
}
"""What the app subscribes to, by the names that manifests use."""

_Name = Annotated[str, StringConstraints(min_length=1, max_length=50)]
_Description = Annotated[str, StringConstraints(min_length=1, max_length=140)]
_Url = Annotated[str, StringConstraints(pattern=r"^https://", max_length=3500)]
_Command = Annotated[str, StringConstraints(pattern=r"^/[a-z0-9_-]+$", max_length=32)]


class AddressError(CountersignError):
    """Slack sends events to https addresses only: give one such as https://bot.acme.test, without a query."""


class CommandError(CountersignError):
    """A slash command is a slash and at most 31 characters out of a to z, 0 to 9, - and _, such as /acme-bot."""


class Part(BaseModel):
    """A part of the manifest: frozen, and without fields that Slack does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Metadata(Part):
    """Which version of the schema it is written in; Slack reads the first one if nothing is said."""

    major_version: Literal[1] = 1


class DisplayInformation(Part):
    """How the app is shown to those who install it."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=35)] = "Countersign"
    description: Annotated[str, StringConstraints(min_length=1, max_length=140)] = (
        "Small agents that ask before they act"
    )


class BotUser(Part):
    """Whom people mention."""

    display_name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]+$", max_length=80)] = "bot"
    always_online: bool = True


class AppHome(Part):
    """Which tabs people find at the bot; without `messages_tab_enabled` nobody can write to it directly."""

    home_tab_enabled: bool = True
    messages_tab_enabled: bool = True
    messages_tab_read_only_enabled: bool = False


class Shortcut(Part):
    """An entry in the menu of every message; its payload goes where interactivity goes."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=24)] = "Ask the bot about this"
    type: Literal["message"] = "message"
    callback_id: Annotated[str, StringConstraints(min_length=1, max_length=255)] = ABOUT
    description: Annotated[str, StringConstraints(min_length=1, max_length=150)] = (
        "Ask an agent about a message: it answers in the thread, or you alone where the bot is not in the channel"
    )


class SlashCommand(Part):
    """What people type to look after threads and requests; in Socket Mode without an address."""

    command: _Command = COMMAND
    url: _Url | None = None
    description: Annotated[str, StringConstraints(min_length=1, max_length=2000)] = (
        "What waits for you, your threads, and the agents"
    )
    usage_hint: Annotated[str, StringConstraints(min_length=1, max_length=1000)] = (
        "help | agents | threads | requests | pause | resume | cancel | whoami"
    )
    should_escape: Literal[False] = False


class AgentView(Part):
    """That the app is an agent, with sessions; prompts are suggested to each person when they open it."""

    agent_description: Annotated[str, StringConstraints(min_length=1, max_length=300)] = (
        "Ask it to do something. Whatever changes the world waits until a named person has approved exactly that."
    )


class Features(Part):
    """What people see of the app."""

    agent_view: AgentView = AgentView()
    app_home: AppHome = AppHome()
    bot_user: BotUser = BotUser()
    shortcuts: tuple[Shortcut, ...] = Field(default=(Shortcut(),), max_length=10)
    slash_commands: tuple[SlashCommand, ...] = Field(default=(SlashCommand(),), max_length=50)


class Scopes(Part):
    """What the tokens may do; there is no user token."""

    bot: tuple[_Name, ...] = Field(default=tuple(SCOPES), max_length=255)


class OAuth(Part):
    """What is granted when it is installed."""

    scopes: Scopes = Scopes()


class EventSubscriptions(Part):
    """What Slack tells the app, and where; in Socket Mode without an address."""

    request_url: _Url | None = None
    bot_events: tuple[_Name, ...] = Field(default=tuple(EVENTS), max_length=100)


class Interactivity(Part):
    """Buttons and forms; in Socket Mode without an address."""

    is_enabled: bool = True
    request_url: _Url | None = None


class Settings(Part):
    """How the app is run: in one workspace, by a token that stays the same."""

    event_subscriptions: EventSubscriptions
    interactivity: Interactivity
    org_deploy_enabled: Literal[False] = False
    socket_mode_enabled: bool
    token_rotation_enabled: Literal[False] = False


class Manifest(Part):
    """A whole app manifest (https://docs.slack.dev/reference/app-manifest)."""

    metadata: Metadata = Field(default=Metadata(), alias="_metadata")
    display_information: DisplayInformation = DisplayInformation()
    features: Features = Features()
    oauth_config: OAuth = OAuth()
    settings: Settings

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """Check what the schema cannot say: nothing twice, each event with its scope, addresses just where needed."""
        scopes, events = self.oauth_config.scopes.bot, self.settings.event_subscriptions.bot_events
        for names in (scopes, events):
            if len(set(names)) < len(names):
                raise ValueError(f"something stands there twice: {', '.join(names)}")
        for event in events:
            needed = EVENTS[event].scope if event in EVENTS else None
            if needed is not None and needed not in scopes:
                raise ValueError(f"the event {event} needs the scope {needed}")
        if (self.features.shortcuts or self.features.slash_commands) and "commands" not in scopes:
            raise ValueError("shortcuts and slash commands need the scope commands")
        addresses = [self.settings.event_subscriptions.request_url, self.settings.interactivity.request_url]
        addresses += [command.url for command in self.features.slash_commands]
        if any((address is None) != self.settings.socket_mode_enabled for address in addresses):
            raise ValueError("Socket Mode has no address, and HTTP needs one for events, interactivity and commands")
        return self


def for_socket(command: str = COMMAND) -> Manifest:
    """Return the manifest of an app that connects to Slack by itself. Raises CommandError."""
    return _manifest(None, command)


def for_http(host: str, command: str = COMMAND) -> Manifest:
    """Return the manifest of an app to which Slack posts; `host` is how `bot web` is reached: https://bot.acme.test.

    `command` is what people type; the adapter takes any. Raises AddressError and CommandError.
    """
    return _manifest(_address(host), command)


def as_json(manifest: Manifest) -> str:
    """Write it as JSON, as Slack's page takes it."""
    return json.dumps(_plain(manifest), indent=2)


def as_yaml(manifest: Manifest) -> str:
    """Write it as YAML, with what each scope and event is for beside it."""
    written = yaml.safe_dump(_plain(manifest), sort_keys=False, width=200).rstrip()
    return "\n".join(_explained(line) for line in written.splitlines())


def _manifest(url: str | None, command: str) -> Manifest:
    try:
        typed = SlashCommand(command=command, url=url)
    except ValidationError:
        raise CommandError from None
    return Manifest(
        features=Features(slash_commands=(typed,)),
        settings=Settings(
            event_subscriptions=EventSubscriptions(request_url=url),
            interactivity=Interactivity(request_url=url),
            socket_mode_enabled=url is None,
        ),
    )


def _address(host: str) -> str:
    try:
        parts = urlsplit(host.strip())
        name, _ = parts.hostname, parts.port
    except ValueError:
        raise AddressError from None
    if parts.scheme != "https" or not name or parts.query or parts.fragment or parts.username is not None:
        raise AddressError
    return f"https://{parts.netloc}{parts.path.rstrip('/').removesuffix(PATH)}{PATH}"


def _plain(manifest: Manifest) -> dict[str, object]:
    return manifest.model_dump(mode="json", by_alias=True, exclude_none=True)


def _explained(line: str) -> str:
    listed = re.fullmatch(r" *- (\S+)", line)
    name = listed[1] if listed else ""
    purpose = EVENTS[name].purpose if name in EVENTS else SCOPES.get(name)
    return f"{line}  # {purpose}" if purpose else line
