"""The composition root: settings become a store, agents and a model; the only module of bot that imports agents."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from pydantic import SecretStr

import agents as agents_package
from bot.agent import Agent, LoadedAgent, find, load
from bot.beating import beating
from bot.config import OPERATORS, Config, holders
from bot.config_agents import AgentFacts, check_agents
from bot.config_file import ConfigFile
from bot.core import Core
from bot.errors import SettingsError
from bot.ids import fresh_id
from bot.people import following
from bot.port import Channel
from bot.serving import routes, serve
from bot.settings import Settings
from bot.store.embedded import EmbeddedServer
from bot.store.log import fix_shards
from bot.store.server import ServerFacts, check, connect

if TYPE_CHECKING:
    from channels.slack.app import SlackSettings
    from channels.slack.doctor import Finding

_log = logging.getLogger(__name__)
ALWAYS = "triage"
"""The agent that is there without being named in bot.toml: it takes what no route names."""


@asynccontextmanager
async def core(settings: Settings) -> AsyncGenerator[Core]:
    """Bring up what every process needs: configuration, agents, the embedded server or the one at REDIS_URL.

    Raises:
        SettingsError: something is missing or wrong; one line each that names the setting and the mend.

    """
    found = find(agents_package)
    config = ConfigFile(settings.bot_config, check=lambda new: check_agents(new, facts(found, new)))
    loaded = load_active(found, config.current())
    secret = settings.secret()
    async with AsyncExitStack() as stack:
        if settings.embedded:
            url = (await stack.enter_async_context(EmbeddedServer(settings.bot_data))).url
        else:
            url = settings.require("redis_url")[0]
        client = await connect(url)
        stack.push_async_callback(client.aclose)
        server = await check(client)
        refuse(server, lossy_is_fine=settings.allow_lossy_redis)
        await fix_shards(client)
        yield Core(
            settings=settings,
            config=config,
            directory=following(config.current),
            client=client,
            server=server,
            url=url,
            secret=secret,
            agents=loaded,
            prompts=prompts_folder(),
        )


def facts(found: Mapping[str, Agent], config: Config) -> dict[str, AgentFacts]:
    """What bot.toml is checked against: an agent that it does not use asks nobody."""
    used = active(found, config)
    return {name: AgentFacts(asks=agent.asks() if name in used else frozenset()) for name, agent in found.items()}


def active(found: Mapping[str, Agent], config: Config) -> set[str]:
    """The agents that bot.toml uses: by a route, a channel or a table of their own; and triage."""
    places = (*config.routes, *config.channels.values())
    named = {place.agent for place in places if place.agent is not None} | set(config.agents) | {ALWAYS}
    return named & set(found)


def load_active(found: Mapping[str, Agent], config: Config) -> dict[str, LoadedAgent]:
    """Load the agents that bot.toml uses, with their prompts."""
    used = active(found, config)
    return load({name: found[name] for name in sorted(used)}, prompts_folder(), config.agents)


def prompts_folder() -> Path:
    """Where the prompt files are: beside the agents package."""
    return Path(agents_package.__path__[0]).parent / "prompts"


def refuse(server: ServerFacts, *, lossy_is_fine: bool) -> None:
    """Refuse a server that would lose threads, or acknowledged writes; warn of what could not be checked."""
    wrong = [str(problem) for problem in server.problems if problem.severity == "refuse"]
    if not server.durable_always and not lossy_is_fine:
        wrong.append(
            "appendfsync: it must be always, or a crash could run an action twice; set it, or ALLOW_LOSSY_REDIS=1"
        )
    if wrong:
        raise SettingsError("\n".join(f"REDIS_URL: {problem}" for problem in wrong))
    for problem in server.problems:
        _log.warning("REDIS_URL: %s", problem)


Role = Literal["web", "slack", "email", "worker"]
"""What a process does: `web` takes Slack's HTTP events, `slack` its Socket Mode, `email` watches the mailbox, `worker`
works and sends."""


async def run(
    settings: Settings,
    roles: frozenset[Role],
    stop: asyncio.Event,
    *,
    ready: Callable[[], None] | None = None,
    since: datetime | None = None,
) -> None:
    """Run these roles in one process until stopped; `ready` is called once everything is up.

    With `since`, mail that arrived since then is taken, whatever of the mailboxes was read before.

    Raises:
        SettingsError: something is missing or wrong; one line each that names the setting and the mend.

    """
    if "worker" in roles:
        settings.require("anthropic_api_key")  # said before anything is started
    process = fresh_id()
    async with core(settings) as made, AsyncExitStack() as stack:
        counts = await _listen(made, roles, stack) if roles & {"web", "slack"} else dict[str, int]
        if "email" in roles:
            from bot import app_email  # noqa: PLC0415  # only where it is used

            await app_email.watch(made, stack, process, since)
        await stack.enter_async_context(beating(made, process, roles, counts))
        tasks: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
        if "worker" in roles:
            from bot.working import work  # noqa: PLC0415  # the model's client takes a second to import

            tasks.append(asyncio.create_task(work(made, channels(made), stop, watched(made.settings))))
        if ready is not None:
            ready()
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await asyncio.gather(*tasks)


async def _listen(core: Core, roles: frozenset[Role], stack: AsyncExitStack) -> Callable[[], Mapping[str, int]]:
    """Take Slack's events and posted mail until the stack closes; return what tells how many could not be taken."""
    settings, more = core.settings, routes(core)
    if "web" in roles and settings.mail_hook_secret is not None:
        from bot import app_email  # noqa: PLC0415  # only where it is used

        more += await app_email.hook(core, stack)
        if "slack" not in roles and settings.slack_signing_secret is None:  # mail alone comes in here
            port = await stack.enter_async_context(serve(more, host=settings.bind, port=settings.port))
            _log.info("listening on http://%s:%d, for mail alone", settings.bind, port)
            return dict[str, int]
    return await _listen_to_slack(core, roles, stack, more)


async def _listen_to_slack(
    core: Core, roles: frozenset[Role], stack: AsyncExitStack, more: Sequence[web.RouteDef]
) -> Callable[[], Mapping[str, int]]:
    """Take Slack's events: by HTTP, by Socket Mode, or by both."""
    from channels.slack import uninstalled  # noqa: PLC0415  # only where it is used
    from channels.slack.app import build  # noqa: PLC0415
    from channels.slack.backfill import keep_up  # noqa: PLC0415
    from channels.slack.early import ForAll  # noqa: PLC0415
    from channels.slack.http import serve_http  # noqa: PLC0415
    from channels.slack.known import Stored  # noqa: PLC0415
    from channels.slack.remembered import Remembered  # noqa: PLC0415
    from channels.slack.socket import serve_socket  # noqa: PLC0415

    settings = core.settings
    wanted = [*(["slack_signing_secret"] if "web" in roles else []), *(["slack_app_token"] if "slack" in roles else [])]
    settings.require("slack_bot_token", *wanted)
    known = Stored(core.client)
    beside = Remembered(heard=known, tells=core.intake(), rules=lambda name: core.directory().channel(name))
    slack = build(_slack(settings), core.intake(), core.pending(), core.desks(), beside, core.turns())
    slack.hearing.early = ForAll(core.client)
    uninstalled.listen(slack, core.intake(), lambda: _operators_mail(core))
    if "web" in roles:
        port = await stack.enter_async_context(serve_http(slack, host=settings.bind, port=settings.port, more=more))
        _log.info("listening on http://%s:%d/slack/events", settings.bind, port)
    if "slack" in roles:
        token = _plain(settings.slack_app_token)
        await stack.enter_async_context(serve_socket(slack, token, connections=settings.slack_connections))
        _log.info("listening by Socket Mode")
    await stack.enter_async_context(keep_up(slack, known, at_once="web" in roles))
    return lambda: slack.tally.counts


def watched(settings: Settings) -> frozenset[str] | None:
    """The mailboxes that should be watched, as far as this process's settings tell; None: they tell nothing."""
    if settings.imap_url is None and settings.mail_hook_secret is None:
        return None
    from bot import app_email  # noqa: PLC0415  # only where it is used

    return app_email.mailboxes(settings)


def _operators_mail(core: Core) -> list[str]:
    """Where operators read mail, each at one address; nowhere while no mail can be sent."""
    config = core.config.current()
    people = [config.people[person] for person in holders(config, OPERATORS)] if core.settings.smtp_url else []
    return [person.email[0] for person in people if person.email]


def channels(core: Core) -> dict[str, Channel]:
    """The channels that this installation has credentials for."""
    found: dict[str, Channel] = {}
    if core.settings.slack_bot_token is not None:
        from channels.slack.sender import SlackChannel  # noqa: PLC0415  # only where it is used

        found["slack"] = SlackChannel(_slack(core.settings))
    if core.settings.smtp_url is not None:
        from bot import app_email  # noqa: PLC0415  # only where it is used

        found["email"] = app_email.channel(core)
    return found


async def check_slack(settings: Settings, config: Config) -> "list[Finding]":
    """What `bot doctor` says about Slack's tokens, scopes and signing secret, and the channels that bot.toml names."""
    from channels.slack.doctor import check as check_token  # noqa: PLC0415  # only where it is used
    from channels.slack.doctor_channels import check as check_channels  # noqa: PLC0415

    token = _plain(settings.slack_bot_token)
    routed = [route.channel for route in config.routes if route.channel is not None]
    return [
        *await check_token(
            token,
            settings.slack_api_url,
            app_token=_plain(settings.slack_app_token),
            signing_secret=_plain(settings.slack_signing_secret),
        ),
        *await check_channels(token, settings.slack_api_url, [*config.channels, *routed]),
    ]


def slack_manifest(host: str | None, command: str | None = None, *, as_json: bool) -> str:
    """Return the manifest to make the Slack app from: for HTTP at this host (https://bot.acme.test), or Socket Mode.

    Raises CountersignError if Slack cannot post to the host, or takes no such slash command.
    """
    from channels.slack import manifest  # noqa: PLC0415  # only where it is used

    typed = command or manifest.COMMAND
    made = manifest.for_socket(typed) if host is None else manifest.for_http(host, typed)
    return manifest.as_json(made) if as_json else manifest.as_yaml(made)


def _slack(settings: Settings) -> "SlackSettings":
    from channels.slack.app import SlackSettings  # noqa: PLC0415  # only where it is used

    return SlackSettings(
        bot_token=_plain(settings.slack_bot_token),
        signing_secret=_plain(settings.slack_signing_secret),
        api_url=settings.slack_api_url,
        pace_s=settings.slack_pace_s,
    )


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
