"""docs/approvals.md: its examples run as they stand there, and its table of answers says what really answers."""

import re
import shlex
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

from bot.approvals.hours import is_quiet
from bot.cli.app import app
from bot.config import parse_config
from bot.people import Directory
from bot.places import EditField
from bot.steps import Ladder
from bot.testing import AgentRun, staff
from channels.email.decision import Answer, approval
from channels.email.mail import Said
from channels.email.offers import offer_of
from channels.slack.render import render
from tests.channels.slack.cards import APPROVAL
from tests.helpers import ROOT
from tests.security.hostile import as_json

PAGE = (ROOT / "docs" / "approvals.md").read_text()
BLOCKS = re.findall(r"```(toml|python)\n(.*?)```", PAGE, re.DOTALL)
TABLE = PAGE[PAGE.index("| | in Slack") :].partition("\n\n")[0].splitlines()[2:]
ROWS = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in TABLE]
KINDS = {
    "approve": "approve",
    "reject": "reject",
    "with a listed reason": "reject",
    "change a field": "edit",
    "ask the agent first": "",
    "let somebody else decide": "give",
    "allow it for a while": "approve",
}
FULL = APPROVAL.model_copy(
    update={
        "fields": (EditField(name="amount", kind="number", value="20"),),
        "reject_reasons": ("It is too late",),
        "may_grant_s": 28_800,
    }
)
_SHOP = """
class Shop:
    @classmethod
    def open(cls, settings, data):
        raise NotImplementedError

    async def paid(self, order):
        return "19.00"

    async def pay_back(self, order, amount, *, key):
        return {"paid_back": str(amount)}
"""


def blocks(language: str) -> list[str]:
    """The examples in this language."""
    return [text for name, text in BLOCKS if name == language]


def test_the_settings_are_valid_and_mean_what_their_comments_say() -> None:
    (text,) = blocks("toml")
    directory = Directory(parse_config(text))
    hours = directory.hours("finn")
    assert directory.ladder("finance") == Ladder(
        remind_s=7_200, escalate_s=86_400, escalate_to="operators", expire_s=259_200
    )
    assert directory.may_grant_s("finance") == 28_800
    assert [person.id for person in directory.delegates("finance")] == ["ana"]
    assert [identity.kind for identity in directory.identities("mia")] == ["email"]
    assert hours
    assert is_quiet(hours, 1_800_000_000_000_000 // 86_400_000_000 * 86_400_000_000)  # midnight in UTC


async def test_the_step_loads_and_the_test_of_the_page_passes(tmp_path: Path) -> None:
    agent_file, test_file = blocks("python")
    prompt = tmp_path / "refunds.md"
    prompt.write_text("---\ndescription: pays customers back\n---\nYou pay customers back.\n")
    names: dict[str, Any] = {"AgentRun": AgentRun, "staff": staff, "PROMPT": prompt, "__name__": "refunds"}
    exec(_SHOP + agent_file + test_file, names)  # noqa: S102  # it is our own page
    await names["test_a_large_refund_takes_two_and_whoever_changed_it_is_none_of_them"]()
    refund = names["Refund"](order="1042", amount=Decimal(2000))
    run = AgentRun(names["agent"], prompt=prompt, deps=names["Shop"](), principal=staff("ana"))
    await run.message("Please pay order 1042 back")
    await run.choose(refund)
    assert run.failures == ["So much is paid back by hand only."]


def test_the_table_has_every_way() -> None:
    assert [row[0] for row in ROWS] == [*KINDS]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_reply_of_the_table_is_read_as_what_it_says(row: tuple[str, ...]) -> None:
    found = approval(Said(new_text=row[2].strip("`")), offer_of(FULL), "Rob Wills")
    assert (found.answer if isinstance(found, Answer) else "") == KINDS[row[0]]
    assert (isinstance(found, Answer) and found.grant_s > 0) == ("while" in row[0])


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_card_in_slack_offers_it_by_that_name(row: tuple[str, ...]) -> None:
    (label,) = re.findall(r"\*\*(.+?)\*\*", row[1])
    assert f'"text": "{label}"' in as_json(render(FULL)[0].blocks)


def commands() -> list[str]:
    """All commands that the page names."""
    return sorted(set(re.findall(r"`(bot [^`]+)`", PAGE)))


@pytest.mark.parametrize("line", commands())
def test_every_command_of_the_page_is_one(line: str) -> None:
    command = typer.main.get_command(app)
    words = shlex.split(line)[1:]
    while isinstance(command, TyperGroup) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    assert command.name != "bot"
    assert command.make_context(line, words)
