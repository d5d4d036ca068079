"""`bot demo`: the real runtime between a local Slack, local mail servers and a rehearsal model, and a page to watch."""

import asyncio
import logging
import secrets
import signal
import socket
from contextlib import AsyncExitStack, suppress
from shlex import quote
from subprocess import CalledProcessError

from rich.console import Console

from bot import app
from bot.cli.demo_backstage import Backstage
from bot.cli.demo_child import WorkerChild
from bot.cli.demo_files import DemoFiles
from bot.cli.demo_people import (
    BOT_MAIL,
    CHANNELS,
    DEPLOY_MAIL,
    DEPLOYS,
    EXAMPLES,
    KIM,
    MAILS,
    PEOPLE,
    SEED,
    SEED_MAIL,
    SUPPORT_MAIL,
    USERS,
)
from bot.cli.demo_stories import STORIES
from bot.config import parse_config
from bot.errors import CountersignError
from bot.people import Directory
from bot.playground.mail import MailPeer
from bot.playground.model.peer import model_peer
from bot.playground.model.rules import rules_text
from bot.playground.page.models import About
from bot.playground.page.server import PageServer
from bot.playground.repository import DemoRepository
from bot.playground.slack import SlackPeer, Timing
from bot.settings import Settings
from bot.store.embedded import EmbeddedServer
from bot.store.server import connect

_REHEARSAL = "Rehearsal: no model, nothing leaves this machine"
_LIVE = "Live model: what is written here goes to the Anthropic API; all the rest is this machine's own"
_TIMING = Timing(retry_s=(1.0, 3.0, 10.0, 60.0, 300.0))  # sooner than Slack: after a restart, somebody is watching

_out = Console(highlight=False, soft_wrap=True)


class DemoFailedError(CountersignError):
    """The demo could not start: the reason is at the end of its log."""


def demo(*, port: int, reset: bool, live_model: bool) -> None:
    """Run the demo until Ctrl-C; `port` is where to look for a free one from. Raises CountersignError."""
    files = DemoFiles.usual()
    model = _own_key() if live_model else None
    with files.alone():
        asyncio.run(_demo(files, port=port, reset=reset, model=model))


def _own_key() -> dict[str, str]:
    """Return the user's own key: the only thing of theirs that the demo ever reads. Raises SettingsError."""
    settings = Settings.load()
    (key,) = settings.require("anthropic_api_key")
    base = settings.anthropic_base_url
    return {"ANTHROPIC_API_KEY": key, **({"ANTHROPIC_BASE_URL": base} if base else {})}


async def _demo(files: DemoFiles, *, port: int, reset: bool, model: dict[str, str] | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if reset:
        await files.forget()
    shop = _prepared(files)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(EmbeddedServer(files.data))
        slack = await _slack(stack, files, web_port := _free_port())
        mail = await _mail(stack, files)
        chosen_by = model or await _rehearsal(stack)
        environment = files.environment({**_slack_settings(slack, web_port), **_mail_settings(mail), **chosen_by})
        settings = Settings.load(environment)
        client = await connect(store.url)
        stack.push_async_callback(client.aclose)
        worker = WorkerChild(environment, folder=files.folder, log=stack.enter_context(files.log.open("ab")))
        backstage = Backstage(
            about=_about(live=model is not None),
            files=files,
            shop=shop,
            worker=worker,
            mail=mail,
            client=client,
            secret=settings.secret(),
            directory=Directory(parse_config(files.config.read_text(encoding="utf-8"))),
        )
        page = PageServer(slack, mail, backstage, open_door=model is None)
        await page.start(port)
        stack.push_async_callback(page.stop)
        parts = [
            asyncio.create_task(app.run(settings, frozenset({"web", "email"}), stop)),
            asyncio.create_task(worker.run(stop)),
            asyncio.create_task(_until(stop)),
        ]
        try:
            if await _up(slack, mail, parts):
                _seed(slack, mail)
                _announce(page, files, port, live=model is not None)
                await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
                _out.print("Stopping; a deploy that is running may finish first ...")
        finally:
            stop.set()
            await asyncio.gather(*parts)


def _prepared(files: DemoFiles) -> DemoRepository:
    """Make the demo's folder, with a log that everything of this process goes to."""
    try:
        shop = files.prepare()
        handler = logging.FileHandler(files.log)
    except CalledProcessError as error:
        raise DemoFailedError(f"git could not make the demo's repository: {str(error.stderr).strip()}") from None
    except FileNotFoundError as error:
        raise DemoFailedError(f"{error.filename} is not on this machine: install it") from None
    except OSError as error:
        raise DemoFailedError(
            f"{files.folder} cannot be written ({error.strerror}): name another in BOT_DATA"
        ) from None
    logging.basicConfig(level=logging.INFO, handlers=[handler], format="%(asctime)s demo %(levelname)s %(message)s")
    return shop


async def _slack(stack: AsyncExitStack, files: DemoFiles, web_port: int) -> SlackPeer:
    events_url = f"http://127.0.0.1:{web_port}/slack/events"
    peer = SlackPeer(users=USERS, channels=CHANNELS, data=files.slack, events_url=events_url, timing=_TIMING)
    return await stack.enter_async_context(peer)


async def _mail(stack: AsyncExitStack, files: DemoFiles) -> MailPeer:
    port = files.imap_port
    peer = MailPeer(data=files.mail, imap_port=port if port and _is_free(port) else 0)
    await stack.enter_async_context(peer)
    files.keep_imap_port(peer.imap.port)
    return peer


async def _rehearsal(stack: AsyncExitStack) -> dict[str, str]:
    peer = await stack.enter_async_context(model_peer())
    return {"ANTHROPIC_API_KEY": "rehearsal", "ANTHROPIC_BASE_URL": peer.url}


def _slack_settings(slack: SlackPeer, port: int) -> dict[str, str]:
    installed = slack.workspace.app
    return {
        "SLACK_API_URL": slack.api_url,
        "SLACK_BOT_TOKEN": installed.bot_token,
        "SLACK_SIGNING_SECRET": installed.signing_secret,
        "PORT": str(port),
    }


def _mail_settings(mail: MailPeer) -> dict[str, str]:
    return {
        "IMAP_URL": mail.imap_url,
        "SMTP_URL": mail.smtp_url,
        "MAIL_AUTH": mail.mail_auth,
        "MAIL_ADDRESSES": f"{BOT_MAIL},{SUPPORT_MAIL},{DEPLOY_MAIL}",
    }


def _about(*, live: bool) -> About:
    return About(
        live=live,
        banner=_LIVE if live else _REHEARSAL,
        rules="" if live else rules_text(),
        examples=EXAMPLES,
        mails=MAILS,
        stories=STORIES,
        addresses=(SUPPORT_MAIL, DEPLOY_MAIL, BOT_MAIL),
        people=PEOPLE,
    )


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


async def _up(slack: SlackPeer, mail: MailPeer, parts: list[asyncio.Task[None]]) -> bool:
    """Wait until the bot answers Slack and listens to its mailbox; False if a part ended before that."""
    while not (mail.bot_address in mail.imap.idling and await slack.verify_url()):
        done, _ = await asyncio.wait(parts, timeout=0.1)
        if done:
            return False
    return True


def _seed(slack: SlackPeer, mail: MailPeer) -> None:
    """At the first start, let one thread begin in Slack and one by mail: both wait for somebody's decision."""
    if not slack.workspace.messages(DEPLOYS):
        slack.say("U0ANA", DEPLOYS, SEED)
    if not mail.messages(mail.bot_address):
        mail.write(f"{KIM.name} <{KIM.mail}>", SEED_MAIL.to, SEED_MAIL.subject, SEED_MAIL.text)


def _announce(page: PageServer, files: DemoFiles, wanted: int, *, live: bool) -> None:
    if page.port != wanted and wanted:
        _out.print(f"Port {wanted} is taken; this is the next free one.")
    _out.print(f"\n  Open  [bold]{page.url}[/bold]\n")
    _out.print(f"  {_LIVE if live else _REHEARSAL}.")
    _out.print("  On the command line you are Rob:")
    _out.print(f"    BOT_DATA={quote(str(files.data))} BOT_CONFIG={quote(str(files.config))} bot requests")
    _out.print(f"  Ctrl-C stops it; its data stay in {files.folder} (--reset starts over).")


def _free_port() -> int:
    """Choose a port to listen on in a moment, below those that outgoing connections take at random meanwhile."""
    while not _is_free(port := 10_000 + secrets.randbelow(22_000)):
        pass
    return port


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False
