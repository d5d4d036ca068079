"""The app manifest: what Slack would accept, and exactly what the code uses."""

import json
import re
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from pydantic import ValidationError

import channels.slack
from bot.places import Text
from bot.playground.slack import App, SlackPeer, Timing
from bot.playground.slack.defaults import DEFAULT_CHANNELS
from bot.playground.slack.models import Channel
from bot.playground.slack.webapi import METHODS
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.http import PATH, serve_http
from channels.slack.manifest import (
    ABOUT,
    EVENTS,
    SCOPES,
    AddressError,
    CommandError,
    Manifest,
    as_json,
    as_yaml,
    for_http,
    for_socket,
)
from channels.slack.sender import SlackChannel
from channels.slack.uninstalled import KINDS
from tests.channels.slack.cards import delivery
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import ROOT, wait_until

HISTORY = {"channels:history", "groups:history", "im:history", "mpim:history"}
READ = {"channels:read", "groups:read", "im:read", "mpim:read"}
BY_KIND = {
    "conversations.history": HISTORY,
    "conversations.info": READ,
    "conversations.list": READ,
    "conversations.members": READ,
    "conversations.replies": HISTORY,
    "users.conversations": READ,
}
NO_TOKEN_OF_THE_BOT = {"apps.connections.open"}
SDK = {"files_getUploadURLExternal": "files.getUploadURLExternal"}
GROUP = Channel(id="G0STAFF", name="staff", kind="group", members=("U0ANA", "U0BOT"))
SEVERAL = Channel(id="G0SEVERAL", name="mpdm-ana--rob-1", kind="mpim", members=("U0ANA", "U0ROB", "U0BOT"))


def shape(manifest: Manifest) -> dict[str, Any]:
    """The manifest as it is printed, to be changed."""
    return cast("dict[str, Any]", json.loads(as_json(manifest)))


def methods() -> set[str]:
    """The Web API methods that the adapter's source names."""
    (folder,) = channels.slack.__path__
    source = "\n".join(path.read_text() for path in Path(folder).glob("*.py"))
    named = set(re.findall(r'"([a-z]+(?:\.[a-zA-Z]+)+)"', source))
    families = {method.partition(".")[0] for method in METHODS} | {"apps", "assistant", "agents"}
    called = {name for name in named if name.partition(".")[0] in families}
    return called | {SDK[name] for name in re.findall(r"\.(files_\w+)\(", source)}


def scopes_of(called: Iterable[str]) -> set[str]:
    """The scopes that these methods need, as the small Slack knows them."""
    found: set[str] = set()
    for method in set(called) - NO_TOKEN_OF_THE_BOT:
        found |= BY_KIND.get(method) or {METHODS[method].scope} - {""}
    return found


def test_the_scopes_are_those_of_the_methods_called_and_of_the_events_taken_and_no_others() -> None:
    wanted = scopes_of(methods()) | {event.scope for event in EVENTS.values() if event.scope}
    features = for_socket().features
    wanted |= {"commands"} if features.slash_commands or features.shortcuts else set()
    assert set(SCOPES) == wanted


def test_the_search_for_methods_finds_them() -> None:
    assert {"chat.postMessage", "users.info", "files.getUploadURLExternal", "conversations.open"} <= methods()


@pytest.fixture
async def installed() -> AsyncIterator[tuple[SlackPeer, RecordingIntake]]:
    """The adapter, heard by a Slack in which the app was made by the manifest alone."""
    settings = for_http("https://bot.acme.test")
    app = App(
        scopes=frozenset(settings.oauth_config.scopes.bot),
        events=frozenset(settings.settings.event_subscriptions.bot_events),
    )
    rooms = (*DEFAULT_CHANNELS, GROUP, SEVERAL)
    async with SlackPeer(app=app, channels=rooms, timing=Timing().retries_scaled(0)) as peer:
        intake = RecordingIntake()
        slack = build(
            SlackSettings(bot_token=app.bot_token, signing_secret=app.signing_secret, api_url=peer.api_url), intake
        )
        async with serve_http(slack, host="127.0.0.1", port=0) as port:
            peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
            yield peer, intake


async def test_with_it_a_mention_and_a_message_of_each_kind_arrive(
    installed: tuple[SlackPeer, RecordingIntake],
) -> None:
    peer, intake = installed
    root = peer.say("U0ANA", "#deploys", "@bot deploy backend")
    peer.say("U0ANA", "#deploys", "and the frontend", root)
    peer.say("U0ANA", "U0BOT", "hello")
    for room in (GROUP, SEVERAL):
        first = peer.say("U0ANA", room.id, f"@bot hello {room.kind}")
        peer.say("U0ANA", room.id, f"more {room.kind}", first)
    await wait_until(lambda: peer.idle)
    assert {attempt.type for attempt in peer.attempts} == {"app_mention", "message"}
    assert {message.text for message in intake.messages} == {
        "deploy backend",
        "and the frontend",
        "hello",
        "hello group",
        "more group",
        "hello mpim",
        "more mpim",
    }
    assert {message.identity.name for message in intake.messages} == {"Ana Lima"}


async def test_with_it_the_bot_may_answer_in_a_thread_and_write_to_a_person(
    installed: tuple[SlackPeer, RecordingIntake],
) -> None:
    peer, _ = installed
    app = peer.workspace.app
    channel = SlackChannel(SlackSettings(bot_token=app.bot_token, api_url=peer.api_url))
    assert await channel.deliver(delivery(Text(markdown="Done.")), None)


async def test_what_the_app_does_not_subscribe_to_the_adapter_has_no_use_for(peer: SlackPeer, slack: SlackApp) -> None:
    """What the peer can send besides: if one of these is of use one day, it belongs in the table."""
    unused = {"reaction_added"} - set(EVENTS)
    ts = peer.say("U0ANA", "#deploys", "hello")
    peer.react("U0ANA", "#deploys", ts, "eyes")
    await wait_until(lambda: peer.idle)
    assert unused <= {attempt.type for attempt in peer.attempts}
    assert slack.tally.counts["ignored:event_of_no_use"] == len(unused)


def test_the_end_of_our_access_is_subscribed_to() -> None:
    assert set(EVENTS) >= KINDS


@pytest.mark.parametrize("made", [for_socket("/acme-bot"), for_http("https://bot.acme.test", "/acme-bot")])
def test_the_command_has_the_name_that_was_asked_for(made: Manifest) -> None:
    assert [one["command"] for one in shape(made)["features"]["slash_commands"]] == ["/acme-bot"]


@pytest.mark.parametrize("command", ["bot", "/", "/Bot", "/the bot", f"/{'x' * 32}", "//bot", "/bøt"])
def test_a_command_that_slack_does_not_take_is_refused_with_the_mend(command: str) -> None:
    with pytest.raises(CommandError, match="/acme-bot"):
        for_socket(command)


def test_by_http_the_command_goes_to_the_one_address_that_is_served() -> None:
    (command,) = shape(for_http("https://bot.acme.test"))["features"]["slash_commands"]
    assert command["url"] == f"https://bot.acme.test{PATH}"


def test_people_find_a_home_tab_and_the_shortcut_in_the_menu_of_a_message() -> None:
    features = shape(for_socket())["features"]
    assert features["app_home"]["home_tab_enabled"] is True
    assert [(one["type"], one["callback_id"]) for one in features["shortcuts"]] == [("message", ABOUT)]


def test_in_socket_mode_there_is_no_address() -> None:
    (command,) = shape(for_socket())["features"]["slash_commands"]
    assert "url" not in command
    settings = shape(for_socket())["settings"]
    assert settings["socket_mode_enabled"] is True
    assert "request_url" not in settings["event_subscriptions"]
    assert settings["interactivity"] == {"is_enabled": True}


@pytest.mark.parametrize("host", ["https://bot.acme.test", "https://bot.acme.test/", f"https://bot.acme.test{PATH}"])
def test_by_http_events_and_interactivity_go_to_the_one_address_that_is_served(host: str) -> None:
    settings = shape(for_http(host))["settings"]
    assert settings["socket_mode_enabled"] is False
    for part in ("event_subscriptions", "interactivity"):
        assert settings[part]["request_url"] == f"https://bot.acme.test{PATH}"


def test_a_path_and_a_port_are_kept() -> None:
    settings = for_http("https://acme.test:8443/bot").settings
    assert settings.interactivity.request_url == f"https://acme.test:8443/bot{PATH}"


@pytest.mark.parametrize(
    "host",
    [
        "",
        "bot.acme.test",
        "http://bot.acme.test",
        "https://",
        "https://bot.acme.test:port",
        "https://bot.acme.test/?a=b",
        "https://ana@bot.acme.test",
    ],
)
def test_an_address_that_slack_cannot_post_to_is_refused(host: str) -> None:
    with pytest.raises(AddressError, match="https://bot"):
        for_http(host)


def test_the_yaml_says_the_same_as_the_json() -> None:
    for manifest in (for_socket(), for_http("https://bot.acme.test")):
        assert yaml.safe_load(as_yaml(manifest)) == json.loads(as_json(manifest))


def test_the_yaml_says_beside_each_scope_and_event_what_it_is_for() -> None:
    lines = [line.strip() for line in as_yaml(for_socket()).splitlines()]
    reasons = SCOPES | {name: event.purpose for name, event in EVENTS.items()}
    assert [line for line in lines if "#" in line] == [f"- {name}  # {reason}" for name, reason in reasons.items()]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("display_information", "name"), ""),
        (("display_information", "description"), "x" * 141),
        (("display_information", "colour"), "#fff"),
        (("features", "bot_user", "display_name"), "x" * 81),
        (("features", "bot_user", "always_online"), "yes"),
        (("features", "app_home", "home_tab"), True),
        (("oauth_config", "scopes", "bot"), ["x" * 51]),
        (("oauth_config", "scopes", "bot"), [f"x{number}" for number in range(256)]),
        (("oauth_config", "scopes", "bot"), [*SCOPES, "chat:write"]),
        (("oauth_config", "scopes", "bot"), ["chat:write"]),
        (("features", "shortcuts"), [{"name": "x" * 25}]),
        (("features", "shortcuts"), [{"type": "global"}]),
        (("features", "slash_commands"), [{"command": "/bot"}]),
        (("oauth_config", "scopes", "bot"), [scope for scope in SCOPES if scope != "commands"]),
        (("settings", "event_subscriptions", "bot_events"), ["x" * 51]),
        (("settings", "event_subscriptions", "bot_events"), [f"x{number}" for number in range(101)]),
        (("settings", "event_subscriptions", "bot_events"), ["message.im", "message.im"]),
        (("settings", "event_subscriptions", "request_url"), "http://bot.acme.test"),
        (("settings", "interactivity", "request_url"), f"https://{'x' * 3500}"),
        (("settings", "socket_mode_enabled"), True),
        (("settings", "token_rotation_enabled"), True),
        (("settings", "unknown"), True),
        (("_metadata", "major_version"), 3),
    ],
)
def test_what_slacks_schema_or_its_rules_refuse_is_refused(path: tuple[str, ...], value: object) -> None:
    manifest = shape(for_http("https://bot.acme.test"))
    Manifest.model_validate_json(json.dumps(manifest))
    part = manifest
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    with pytest.raises(ValidationError):
        Manifest.model_validate_json(json.dumps(manifest))


def test_the_readme_lists_every_scope_and_event_with_its_purpose() -> None:
    section = (ROOT / "README.md").read_text().partition("## Set it up in Slack")[2].partition("\n## ")[0]
    rows = re.findall(r"^ *\| `([^`]+)` \| (.+?) \|$", section, re.MULTILINE)
    assert rows == [*SCOPES.items(), *((name, event.purpose) for name, event in EVENTS.items())]
