"""From `bot say` to a deployment, by the command line alone: the real worker, store, git and deploy command."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from bot.playground.model.peer import ModelPeer
from bot.playground.model.script import Say
from bot.playground.repository import DemoRepository
from tests.cli.conftest import Bot
from tests.cli.people import PEOPLE
from tests.helpers import wait_until

ALONE = PEOPLE.replace("[roles.release]", "[roles.release]\nrequesters_may_approve = true").replace(
    'roles = ["operators"]', 'roles = ["operators", "release"]'
)


@pytest.fixture
async def worker(running: Bot, peer: ModelPeer, shop: DemoRepository, tmp_path: Path) -> AsyncIterator[Bot]:
    """The installation with a worker of its own, which is told to stop at the end."""
    running.environment = {"ANTHROPIC_API_KEY": "made-up", "ANTHROPIC_BASE_URL": peer.url}
    running.configure(ALONE + deploying(shop, tmp_path))
    process = running.start("worker")
    yield running
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log
    assert "ready: worker" in log
    assert "Traceback" not in log


def deploying(shop: DemoRepository, folder: Path) -> str:
    """The part of bot.toml about the agent that deploys."""
    return f"""
[[routes]]
agent = "deploy"
approvers = "release"

[agents.deploy]
repository = {json.dumps(str(shop.repository))}
command = {json.dumps(list(shop.command))}
health_command = {json.dumps(list(shop.health_command))}
state = {json.dumps(str(folder / "state"))}
"""


def team(who: str) -> str:
    """The part of bot.toml about three people; whoever runs the tests is this one of them."""
    people = {"kim": ("Kim Ode", "operators"), "rob": ("Rob Wills", "release"), "sue": ("Sue Park", "release")}
    tables = [
        f'[people.{name}]\nname = "{full}"\nroles = ["{role}"]\n{"os_user = $USER" if name == who else ""}\n'
        for name, (full, role) in people.items()
    ]
    return "".join([*tables, "[roles.operators]\n[roles.release]\n"])


async def test_say_waits_for_an_approval_and_an_answer_lets_it_run(worker: Bot, shop: DemoRepository) -> None:
    said = await worker("say", "deploy", "deploy backend v1.4.0 to production")
    assert said.code == 0, said.err
    assert "Waits for release" in said.out
    thread = said.out.split()[1]

    (listed,) = (await worker("requests", "--json")).records()
    assert (listed["thread"], listed["role"]) == (thread, "release")
    assert f"bot approve {listed['display']}" in said.out

    answered = await worker("answer", str(listed["display"]), "approve", "--reason", "looks good")
    assert (answered.code, answered.out) == (0, "You approved this.\n")
    again = await worker("answer", str(listed["request"]), "approve")
    assert (again.code, "approved this already" in again.err) == (2, True)

    followed = await worker("say", "deploy", "thank you, what is deployed now?", "--thread", thread[:8])
    assert followed.code == 0, followed.err
    assert [(run["service"], run["tag"]) for run in shop.runs()] == [("backend", "v1.4.0")]

    shown = await worker("show", thread)
    assert "deploy_service" in shown.out
    assert "approved" in shown.out
    records = (await worker("show", thread, "--json")).records()
    kinds = [envelope["type"] for record in records if isinstance(envelope := record["envelope"], dict)]
    assert kinds.count("step_started") == 1
    assert [record["n"] for record in records] == list(range(len(records)))


async def test_a_question_is_answered_in_own_words(worker: Bot, peer: ModelPeer) -> None:
    question: dict[str, JsonValue] = {"question": "Which service?", "options": {"format": "free_text"}}
    peer.script(
        [
            Say("request_human_input", question),
            Say("done_for_now", {"message": "The backend it is."}),
        ]
    )
    said = await worker("say", "deploy", "deploy it")
    assert "Waits for Ana Lima: Which service?" in said.out
    (listed,) = (await worker("requests", "--json")).records()
    short = str(listed["display"])
    assert f'bot answer {short} say "..."' in said.out
    refused = await worker("answer", short, "approve")
    assert (refused.code, refused.err) == (2, "bot: Answer in your own words, please.\n")
    assert (await worker("answer", short, "say", "the", "backend")).code == 0

    async def told() -> bool:
        return "The backend it is." in (await worker("show", said.out.split()[1])).out

    assert await wait_until(told, timeout=30)
    assert "the backend" in (await worker("show", said.out.split()[1])).out


async def test_one_asks_back_and_edits_and_another_one_approves_what_then_runs(
    worker: Bot, peer: ModelPeer, shop: DemoRepository, tmp_path: Path
) -> None:
    call: dict[str, JsonValue] = {"service": "backend", "environment": "production", "tag": "v1.4.0"}
    peer.script(
        [
            Say("deploy_service", call),
            Say("reply", {"message": "v1.4.0 loads the order history in pages."}),
            Say("done_for_now", {"message": "It is out."}),
        ]
    )
    worker.configure(team("kim") + deploying(shop, tmp_path))
    said = await worker("say", "deploy", "deploy backend v1.4.0 to production")
    assert "Waits for release (Rob Wills, Sue Park)" in said.out, said.err
    thread = said.out.split()[1]
    assert "Nothing waits for you, Kim Ode" in (await worker("requests", "--mine")).out

    worker.configure(team("rob") + deploying(shop, tmp_path))
    (first,) = (await worker("requests", "--mine", "--json")).records()
    asked = await worker("ask", str(first["display"]), "What is new in it?")
    assert asked.code == 0, asked.err
    assert "v1.4.0 loads the order history in pages." in asked.out
    edited = await worker("edit", str(first["display"]), "tag=v1.3.1")
    assert (edited.code, "tag: v1.4.0 → v1.3.1" in edited.out) == (0, True)

    async def asked_again() -> bool:
        return bool((await worker("requests", "--json")).out)

    await wait_until(asked_again, timeout=30)
    (second,) = (await worker("requests", "--json")).records()
    assert second["request"] != first["request"]
    refused = await worker("approve", str(second["request"]))
    assert (refused.code, refused.err) == (
        2,
        "bot: You asked for this yourself, so someone else has to decide it.\n",
    )
    late = await worker("approve", str(first["request"]))
    assert f"It is asked again as request {second['display']}." in late.err

    worker.configure(team("sue") + deploying(shop, tmp_path))
    shown = (await worker("show", str(second["display"]))).out
    assert "Changed by Rob Wills." in shown
    assert "  tag     v1.4.0 → v1.3.1" in shown
    assert (await worker("approve", str(second["display"]))).out == "You approved this.\n"

    async def told() -> bool:
        return "It is out." in (await worker("show", thread)).out

    await wait_until(told, timeout=30)
    assert [(run["service"], run["tag"]) for run in shop.runs()] == [("backend", "v1.3.1")]
    log = (await worker("show", thread)).out
    assert f"asked back about {first['display']}" in log
    assert f"to those who decide {first['display']}: v1.4.0 loads" in log
    assert f"changed {first['display']}; it is asked again" in log
    assert 'tag: "v1.4.0" → "v1.3.1"' in log
