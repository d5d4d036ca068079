"""`bot doctor`: one line each, with the mend."""

import json
import shutil
from pathlib import Path

import pytest

from bot.cli.doctor import Finding, findings
from bot.playground.mail import MailPeer
from bot.playground.model.peer import ModelPeer
from bot.playground.repository import DemoRepository
from bot.playground.slack import App, SlackPeer
from tests.cli.conftest import Bot
from tests.cli.people import PEOPLE, STRANGER


async def found() -> list[Finding]:
    """Everything that the doctor finds in the working directory."""
    return [finding async for finding in findings()]


def with_shop(shop: DemoRepository) -> str:
    """A bot.toml with the demo's deployments."""
    return f"""{PEOPLE}
[[routes]]
agent = "deploy"

[agents.deploy]
repository = {json.dumps(str(shop.repository))}
command = {json.dumps(list(shop.command))}
"""


def named(finds: list[Finding], word: str) -> Finding:
    """The one finding that has this word."""
    (one,) = [finding for finding in finds if word in finding.what]
    return one


async def test_with_nothing_set_it_says_what_to_begin_with(bot: Bot) -> None:
    (bot.folder / "bot.toml").unlink()
    done = await bot("doctor")
    assert done.code == 1
    assert "FAIL  bot.toml is missing: `bot init` writes one to start from" in done.out
    assert "FAIL  ANTHROPIC_API_KEY is not set, so no worker can start: set it to" in done.out
    assert "warn  SLACK_BOT_TOKEN is not set, so there is no Slack" in done.out
    assert "ok    Valkey" in done.out
    assert done.err == ""


@pytest.mark.usefixtures("bot")
async def test_a_working_installation_has_nothing_but_ok(
    monkeypatch: pytest.MonkeyPatch, peer: ModelPeer, shop: DemoRepository, bot: Bot
) -> None:
    bot.configure(with_shop(shop))
    async with SlackPeer(app=App(signing_secret="0123456789abcdef" * 2)) as slack:
        app = slack.workspace.app
        for name, value in {
            "ANTHROPIC_API_KEY": "made-up",
            "ANTHROPIC_BASE_URL": peer.url,
            "SLACK_API_URL": slack.api_url,
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_APP_TOKEN": app.app_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
        }.items():
            monkeypatch.setenv(name, value)
        finds = await found()
    assert [finding.what for finding in finds if finding.level != "ok" and "no email" not in finding.what] == []
    assert named(finds, "agent deploy").level == "ok"


async def test_a_wrong_setting_is_all_that_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "http://cache.acme.test")
    monkeypatch.setenv("BOT_SECRET", "x" * 32)
    (finding,) = await found()
    assert finding.what.startswith("REDIS_URL must start with redis:// or rediss:// or unix://: set it to")


async def test_a_repository_that_is_gone_is_named(bot: Bot, shop: DemoRepository) -> None:
    bot.configure(with_shop(shop))
    shutil.rmtree(shop.repository / ".git")
    assert named(await found(), "agent deploy").level == "fail"


async def test_a_key_that_the_model_refuses_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, peer: ModelPeer, bot: Bot
) -> None:
    peer.key = "another"
    monkeypatch.setenv("ANTHROPIC_API_KEY", "made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", peer.url)
    finding = named(await found(), "ANTHROPIC_API_KEY")
    assert (finding.level, "401" in finding.what) == ("fail", True)
    assert "made-up" not in finding.what + finding.mend


async def test_whoever_is_not_listed_is_told_how_to_be(bot: Bot) -> None:
    bot.configure(STRANGER)
    finding = named(await found(), "you are not among the people")
    assert (finding.level, "bot whoami" in finding.mend) == ("warn", True)


async def test_an_agent_that_bot_toml_misspells_is_named(bot: Bot) -> None:
    bot.configure(PEOPLE + "[[routes]]\nagent = 'deploi'\n")
    assert named(await found(), "did you mean deploy?").level == "fail"


async def test_the_model_is_asked_for_nothing_that_costs(
    monkeypatch: pytest.MonkeyPatch, peer: ModelPeer, bot: Bot, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "made-up")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", peer.url)
    await found()
    assert peer.requests == []


@pytest.mark.usefixtures("bot")
async def test_the_doctor_sends_itself_a_mail_when_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    async with MailPeer() as peer:
        monkeypatch.setenv("IMAP_URL", peer.imap_url)
        monkeypatch.setenv("SMTP_URL", peer.smtp_url)
        monkeypatch.setenv("MAIL_ADDRESSES", "bot@acme.test")
        monkeypatch.setenv("MAIL_AUTH", peer.mail_auth)
        finds = [finding async for finding in findings(mail=True)]
    (plus,) = [finding for finding in finds if "plus-addressing" in finding.what]
    assert plus.level == "ok"
    assert [finding.level for finding in finds if "MAIL_AUTH=mx.acme.test proves" in finding.what] == ["ok"]
