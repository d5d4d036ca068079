"""`bot doctor`: what works and what does not, one line each with the mend. It starts nothing and costs nothing."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Literal

import typer
from anthropic import APIError, AsyncAnthropic
from redis.exceptions import RedisError

from bot import app, app_email
from bot.agent import LoadedAgent
from bot.cli.opened import os_identity
from bot.cli.output import one_line
from bot.config import Config
from bot.config_agents import check_agents
from bot.config_file import ConfigFile
from bot.errors import CountersignError
from bot.model import API_URL, failure_of
from bot.people import Directory
from bot.settings import Settings
from bot.steps import Principal
from bot.store.embedded import EmbeddedServer
from bot.store.server import check, connect

_WAIT_S = 60.0  # for what an agent depends on, such as a repository that is fetched
_MARKS: Final = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}
_COLOURS: Final = {"ok": "green", "warn": "yellow", "fail": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line."""

    level: Literal["ok", "warn", "fail"]
    what: str
    mend: str = ""


def doctor(*, mail: bool = False) -> int:
    """Print every finding as it comes; return the exit code: 1 if something fails, else 0.

    With `mail`, it also sends itself a mail through the real servers.
    """
    return asyncio.run(_doctor(mail=mail))


async def _doctor(*, mail: bool) -> int:
    failed = False
    async for finding in findings(mail=mail):
        failed |= finding.level == "fail"
        typer.secho(_MARKS[finding.level], fg=_COLOURS[finding.level], nl=False)
        typer.echo(f"  {one_line(finding.what)}{f': {one_line(finding.mend)}' if finding.mend else ''}")
    return int(failed)


async def findings(*, mail: bool = False) -> AsyncIterator[Finding]:
    """Look at everything, in the order in which things depend on each other."""
    try:
        settings = Settings.load()
    except CountersignError as error:
        for finding in _failed(error):
            yield finding
        return
    yield Finding("ok", "the settings can be read (environment and .env)")
    loaded: dict[str, LoadedAgent] = {}
    config = Config()
    try:
        config = ConfigFile(settings.bot_config).current()
        yield _people(settings, config)
        loaded = _agents(config)
    except CountersignError as error:
        for finding in _failed(error):
            yield finding
    else:
        for agent in loaded.values():
            yield await _agent(settings, config, agent)
        for finding in await _email(settings, config):
            yield finding
        if mail:
            for finding in await _mail_to_itself(settings, config):
                yield finding
    for part in (_store(settings), _secret(settings), _slack(settings, config), _model(settings, loaded)):
        for finding in await part:
            yield finding


def _failed(error: CountersignError) -> list[Finding]:
    """Findings of an error whose message has a line a problem, each with its mend."""
    return [Finding("fail", line) for line in str(error).splitlines() if line.strip()]


def _people(settings: Settings, config: Config) -> Finding:
    counts = f"{len(config.people)} people, {len(config.roles)} roles, {len(config.routes)} routes"
    count = f"{settings.bot_config} lists {counts}"
    person = Directory(config).person(os_identity())
    if not person.listed:
        return Finding("warn", f"{count}; you are not among the people", "`bot whoami` prints the lines to add")
    return Finding("ok", f"{count}; you are {person.id}")


def _agents(config: Config) -> dict[str, LoadedAgent]:
    found = app.find(app.agents_package)
    check_agents(config, app.facts(found, config))
    return app.load_active(found, config)


async def _agent(settings: Settings, config: Config, agent: LoadedAgent) -> Finding:
    """Open what the agent depends on, and read what it reads beforehand."""
    identity, parts = os_identity(), agent.agent
    principal = Principal(id=identity.key, name=identity.user, trust="staff")
    try:
        async with asyncio.timeout(_WAIT_S):
            if parts.deps is not None:
                async with parts.deps(config.agents.get(agent.name, {}), settings.bot_data) as deps:
                    if parts.prefetch is not None:
                        await parts.prefetch(deps, principal)
    except CountersignError as error:
        return Finding("fail", f"agent {agent.name}: {error}")
    except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises
        return Finding("fail", f"agent {agent.name}: {type(error).__name__}: {error}", "see agents/backends")
    return Finding("ok", f"agent {agent.name}: {len(parts.own_steps())} steps of its own, {agent.front.model}")


async def _store(settings: Settings) -> list[Finding]:
    try:
        if settings.embedded:
            async with EmbeddedServer(settings.bot_data) as server:
                return await _server(settings, server.url)
        return await _server(settings, settings.require("redis_url")[0])
    except CountersignError as error:
        return _failed(error)
    except (RedisError, OSError) as error:
        return [Finding("fail", f"Redis: {error}", "look at the server, then try again")]


async def _server(settings: Settings, url: str) -> list[Finding]:
    client = await connect(url)
    try:
        facts = await check(client)
    finally:
        await client.aclose()
    where = f"embedded, in {settings.bot_data}" if settings.embedded else "REDIS_URL"
    found = [
        Finding("fail" if problem.severity == "refuse" else "warn", f"{where}: {problem.setting}", problem.mend)
        for problem in facts.problems
    ]
    if not facts.durable_always and not settings.allow_lossy_redis:
        found.append(Finding("fail", f"{where}: appendfsync is not always", "set it, or ALLOW_LOSSY_REDIS=1"))
    if facts.replicas:
        mend = "a failover can lose the last acknowledged writes; look at what was running after one"
        found.append(Finding("warn", f"{where}: {facts.replicas} replicas", mend))
    if not facts.problems:
        found.append(Finding("ok", f"{facts.name} ({where}): noeviction, append-only file, appendfsync always"))
    return found


async def _secret(settings: Settings) -> list[Finding]:
    try:
        settings.secret()
    except CountersignError as error:
        return _failed(error)
    kept = f"the secret is kept in {settings.bot_data / 'secret'}"
    return [Finding("ok", "BOT_SECRET is set" if settings.bot_secret else kept)]


async def _email(settings: Settings, config: Config) -> list[Finding]:
    if settings.imap_url is None and settings.smtp_url is None:
        return [Finding("warn", "IMAP_URL and SMTP_URL are not set, so there is no email", _mend("imap_url"))]
    try:
        told = await app_email.check_email(settings, config)
    except CountersignError as error:
        return _failed(error)
    return [Finding(_level(ok=each.ok, warns=each.warns), each.what, each.mend) for each in told]


async def _mail_to_itself(settings: Settings, config: Config) -> list[Finding]:
    if settings.imap_url is None or settings.smtp_url is None:
        return [Finding("fail", "IMAP_URL and SMTP_URL must both be set for --mail", _mend("imap_url"))]

    def tell(text: str) -> None:
        typer.echo(f"      {one_line(text)}")

    try:
        told = await app_email.prove_email(settings, config, tell)
    except CountersignError as error:
        return _failed(error)
    return [Finding(_level(ok=each.ok, warns=each.warns), each.what, each.mend) for each in told]


def _level(*, ok: bool, warns: bool) -> Literal["ok", "warn", "fail"]:
    return "fail" if not ok else "warn" if warns else "ok"


async def _slack(settings: Settings, config: Config) -> list[Finding]:
    if settings.slack_bot_token is None:
        return [Finding("warn", "SLACK_BOT_TOKEN is not set, so there is no Slack", _mend("slack_bot_token"))]
    told = await app.check_slack(settings, config)
    found = [Finding("ok" if each.ok else "fail", each.what, each.mend) for each in told]
    if settings.slack_app_token is None and settings.slack_signing_secret is None:
        both = f"for `bot slack`, {_mend('slack_app_token')}; for `bot web`, {_mend('slack_signing_secret')}"
        what = "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set, so nothing comes in"
        found.append(Finding("fail", what, both))
    if settings.slack_app_token is not None:
        found.append(Finding("ok", "SLACK_APP_TOKEN is set: `bot slack` can take events by Socket Mode"))
    if settings.slack_signing_secret is not None:
        found.append(Finding("ok", "SLACK_SIGNING_SECRET is set: `bot web` can take events by HTTP"))
    return found


async def _model(settings: Settings, loaded: dict[str, LoadedAgent]) -> list[Finding]:
    """List the models: it shows whether the key works, and costs nothing."""
    if settings.anthropic_api_key is None:
        what = "ANTHROPIC_API_KEY is not set, so no worker can start"
        return [Finding("fail", what, _mend("anthropic_api_key"))]
    url = settings.anthropic_base_url or API_URL
    (key,) = settings.require("anthropic_api_key")
    async with AsyncAnthropic(api_key=key, base_url=url, max_retries=0, timeout=10) as client:
        try:
            known = {model.id async for model in client.models.list(limit=1000)}
        except APIError as error:
            what = f"ANTHROPIC_API_KEY does not work at {url} ({failure_of(error).detail})"
            return [Finding("fail", what, _mend("anthropic_api_key"))]
    wanted = {agent.front.model: name for name, agent in loaded.items()}
    found = [
        Finding("warn", f"{url} does not list the model {model} of prompts/{name}.md", "make sure that it is an alias")
        for model, name in wanted.items()
        if model not in known
    ]
    return found or [Finding("ok", f"the model's API takes the key and has {', '.join(sorted(wanted))} ({url})")]


def _mend(setting: str) -> str:
    return f"set it to {Settings.model_fields[setting].description}"
