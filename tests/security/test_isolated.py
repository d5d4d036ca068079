"""The agent's side never holds what approvals are made with: no secret, no id of a request, no reply token."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue, SecretStr

from bot.agent import Agent
from bot.config_file import ConfigFile
from bot.core import Core
from bot.ids import MailIds
from bot.settings import Settings
from bot.steps import Call, NotDone
from bot.store.server import ServerFacts
from bot.thread import Thread
from bot.working import runtime
from tests.runtime.office import CONFIG
from tests.runtime.permits import ALLOWING
from tests.runtime.scripted import done, step
from tests.runtime.stage import SECRET, Stage

MAILBOXES = ("rob@acme.test", "zoe@acme.test", "bo@acme.test")
SEND = step("send", text="x")
ASK = step("request_human_input", question="Shall I tell them?")
TOKENS = {
    "BOT_SECRET": "a-bot-secret-of-the-tests-and-of-nobody-else",
    "ANTHROPIC_API_KEY": "made-up-key-of-the-model",
    "SLACK_BOT_TOKEN": "xoxb-made-up-token",
    "SLACK_SIGNING_SECRET": "made-up-signing-secret",
    "IMAP_URL": "imap://bot:made-up-password@mail.acme.test",
}


async def lived(stage: Stage) -> tuple[Thread, list[Call]]:
    """A thread in which people were asked in every way, and all that its steps were called with."""
    calls: list[Call] = []

    async def works(call: Call) -> JsonValue:
        calls.append(call)
        return {"ok": True}

    async def refuses(call: Call) -> JsonValue:
        calls.append(call)
        raise NotDone("busy")

    stage.configure(ALLOWING)
    stage.world.will("look", works)
    stage.world.will("send", refuses, works)
    reply = step("reply", message="Three pages.")
    stage.model.says(step("look", key="a"), SEND, reply, SEND, ASK, done())
    async with stage.working():
        await stage.say("send x")
        first = (await stage.request()).opened.request
        await stage.answer("rob", "say", text="How long is it?")
        await stage.said("Three pages.")
        assert (await stage.answer("rob", "approve", request=first, grant_s=600)).accepted
        assert (await stage.request()).opened.kind == "question"
        await stage.say("yes, do")
        thread = await stage.becomes("done")
    assert len(calls) == 3
    return thread, calls


def keys_of(thread: Thread) -> set[str]:
    """Everything by which somebody could answer, permit, or write in this log."""
    requests = set(thread.requests)
    mails = MailIds(SECRET)
    tokens = {mails.reply_token(request, address) for request in requests for address in MAILBOXES}
    seals = {text for event in thread.events for text in (event.sig, event.seal) if text}
    cards = {at.delivery for request in thread.requests.values() for at in request.cards}
    tags = {each.rpartition(".")[2] for each in (*requests, *tokens, *thread.grants)}
    return {SECRET.decode(), SECRET.hex(), *requests, *tokens, *tags, *thread.grants, *seals, *cards}


async def test_the_model_reads_nothing_that_answers_permits_or_signs(stage: Stage) -> None:
    thread, _ = await lived(stage)
    keys = keys_of(thread)
    assert len(thread.requests) == 2
    assert thread.grants
    read = "\n".join(
        text for one in stage.model.prompts for text in (one.system, *one.blocks, json.dumps(dict(one.schema)))
    )
    assert "How long is it?" in read
    assert {key for key in keys if key in read} == set()


async def test_a_step_is_called_with_nothing_that_answers_permits_or_signs(stage: Stage) -> None:
    thread, calls = await lived(stage)
    given = repr([(call, stage.world.__dict__) for call in calls])
    assert calls[0].key in given
    assert {key for key in keys_of(thread) if key in given} == set()


async def test_what_an_agent_depends_on_is_opened_with_its_own_table_and_no_setting_of_the_bot(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    @asynccontextmanager
    async def opened(settings: Mapping[str, JsonValue], data: Path) -> AsyncGenerator[object]:
        given.extend([dict(settings), data])
        yield stage.world

    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    (tmp_path / "bot.toml").write_text(CONFIG + '[agents.ops]\nunattended = ["small"]\n')
    settings = Settings.load()
    assert isinstance(settings.bot_secret, SecretStr)
    ops = stage.agents["ops"]
    core = Core(
        settings=settings,
        config=ConfigFile(tmp_path / "bot.toml"),
        directory=lambda: stage.directory,
        client=stage.client,
        server=ServerFacts(name="a server", cluster=False, durable_always=True, replicas=0, problems=()),
        url=stage.url,
        secret=settings.secret(),
        agents={"ops": replace(ops, agent=Agent(ops.agent.switch, deps=opened))},
        prompts=tmp_path,
    )
    async with runtime(core) as made:
        assert made.deps == {"ops": stage.world}
    assert given == [{"unattended": ["small"]}, settings.bot_data]
    assert [token for token in TOKENS.values() if token in repr(given) or token in ops.system] == []
