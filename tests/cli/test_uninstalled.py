"""The whole bot, when Slack ends its access: the operators who have mail hear of it."""

import asyncio

from bot import app
from bot.playground.mail import MailPeer
from bot.playground.slack import SlackPeer
from bot.settings import Settings
from tests.cli.conftest import Bot
from tests.helpers import wait_until

PEOPLE = """
[people.rob]
email = ["rob@acme.test", "rob@home.test"]
roles = ["operators"]
[people.ana]
roles = ["operators"]
[people.mia]
email = "mia@acme.test"
[roles.operators]
"""


async def test_operators_with_an_address_get_one_mail(bot: Bot) -> None:
    bot.configure(PEOPLE)
    async with SlackPeer() as slack, MailPeer() as mail:
        settings = Settings.load(
            {
                "ANTHROPIC_API_KEY": "made-up",
                "SLACK_API_URL": slack.api_url,
                "SLACK_BOT_TOKEN": slack.workspace.app.bot_token,
                "SLACK_APP_TOKEN": slack.workspace.app.app_token,
                "SMTP_URL": mail.smtp_url,
                "MAIL_ADDRESSES": "bot@acme.test",
            }
        )
        stop, ready = asyncio.Event(), asyncio.Event()
        running = asyncio.create_task(app.run(settings, frozenset({"slack", "worker"}), stop, ready=ready.set))
        await asyncio.wait_for(ready.wait(), 30)
        slack.uninstall()
        await wait_until(lambda: slack.idle and mail.messages("rob@acme.test"))
        stop.set()
        await running
        told = {box.box: len(mail.messages(box.box)) for box in mail.mailboxes()}
    assert {address: count for address, count in told.items() if count} == {"rob@acme.test": 1}
