"""The main story in separate processes, and what accidents in its middle come to."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.playground.repository import commit_of, move_tag
from tests.acceptance.hands import ASK, done
from tests.acceptance.stage import RELEASES, Stage
from tests.helpers import wait_until

APPROVE = "answer:approve"


@pytest.mark.parametrize("socket_mode", [False, True], ids=["http", "socket mode"])
async def test_a_mention_an_approval_a_deployment(tmp_path: Path, socket_mode: bool) -> None:  # noqa: FBT001
    """Ana asks, Rob approves, the command runs once, Ana is told; in HTTP and in Socket Mode."""
    async with Stage(tmp_path, socket_mode=socket_mode) as stage:
        await stage.start("slack" if socket_mode else "web", "worker", "worker")
        root = stage.mention(ASK)
        card = await stage.card()
        outcome = await stage.slack.click("U0ROB", RELEASES, card, APPROVE)
        assert outcome.acked
        await done(stage)
        assert [run["tag"] for run in stage.demo.runs()] == ["v1.4.0"]
        await wait_until(lambda: "is in production" in stage.said(root)[-1])
        shown = stage.slack.workspace.message(RELEASES, card)
        assert "Rob Wills" in str(stage.slack.workspace.shown(shown))


async def test_kill_everything_while_the_approval_waits(tmp_path: Path) -> None:
    """Kill -9 of every process and of the store; started again, the old button resumes the thread and deploys once."""
    async with Stage(tmp_path) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        card = await stage.card()
        await stage.kill_everything()
        await stage.start("web", "worker", "worker")
        outcome = await stage.slack.click("U0ROB", RELEASES, card, APPROVE)
        assert outcome.acked
        await done(stage)
        assert len(stage.demo.runs()) == 1


async def test_a_double_click_and_two_people_at_once(tmp_path: Path) -> None:
    """Four presses at once: one deploy; whoever lost is told who decided, a stranger that it is not theirs."""
    async with Stage(tmp_path) as stage:
        await stage.start("web", "worker", "worker")
        stage.mention(ASK)
        card = await stage.card()
        stranger = await stage.slack.click("U0ZED", RELEASES, card, APPROVE)
        await wait_until(lambda: stage.told("U0ZED"), what="the stranger is told")
        assert stranger.acked
        assert not stage.demo.runs()
        await asyncio.gather(
            *(
                stage.slack.click(user, RELEASES, card, APPROVE, stale=True)
                for user in ("U0ROB", "U0ROB", "U0MIA", "U0MIA")
            )
        )
        await done(stage)
        assert len(stage.demo.runs()) == 1
        answers = await stage.events("request_answered")
        assert len(answers) == 1
        loser = "U0MIA" if answers[0].by == "rob" else "U0ROB"
        winner = "Rob Wills" if answers[0].by == "rob" else "Mia Chen"
        await wait_until(lambda: winner in stage.told(loser), what="the loser is told who decided")
        assert "role release" in stage.told("U0ZED")
        assert "role release" not in stage.told("U0ROB") + stage.told("U0MIA")


@pytest.mark.parametrize(("option", "runs"), [("it_did", 0), ("run_it", 1)])
async def test_the_worker_dies_while_the_command_runs(tmp_path: Path, option: str, runs: int) -> None:
    """Kill -9 of the worker in the middle: the release managers are asked, and both of their answers are obeyed."""
    async with Stage(tmp_path, deploy_seconds=6, can_check=False) as stage:
        _, worker = await stage.start("web", "worker")
        stage.mention(ASK)
        await stage.slack.click("U0ROB", RELEASES, await stage.card(), APPROVE)

        # killed before its command is there, the worker could leave one behind that is not found yet
        await wait_until(lambda: _commands(stage), timeout=20, what="the deploy command runs")
        worker.kill()
        for command in _commands(stage):  # as a machine that lost power would
            os.kill(command, signal.SIGKILL)
        await stage.start("worker")
        doubt = await stage.card(2, timeout=30)
        await stage.slack.click("U0MIA", RELEASES, doubt, f"answer:choose:{option}")
        await done(stage)
        assert len(stage.demo.runs()) == runs
        doubts = await stage.events("step_in_doubt")
        assert [doubt.how for doubt in doubts if doubt.type == "step_in_doubt"] == ["worker_lost", "unclear"]


async def test_a_tag_that_moves_while_the_card_waits(tmp_path: Path) -> None:
    """What would run is no longer what was approved: it is asked again, with the difference, and then runs as shown."""
    async with Stage(tmp_path) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        card = await stage.card()
        old, new = commit_of(stage.demo.repository, "v1.4.0"), commit_of(stage.demo.repository, "v1.3.1")
        move_tag(stage.demo.repository, "v1.4.0", new)
        await stage.slack.click("U0ROB", RELEASES, card, APPROVE)
        again = await stage.card(2)
        assert not stage.demo.runs()
        shown = str(stage.slack.workspace.shown(stage.slack.workspace.message(RELEASES, again)))
        assert old in shown
        assert new in shown
        await stage.slack.click("U0MIA", RELEASES, again, APPROVE)
        await done(stage)
        assert [run["commit"] for run in stage.demo.runs()] == [new]


async def test_a_rejection_with_a_reason_leads_to_another_proposal(tmp_path: Path) -> None:
    """The reason is given in a form, reaches the model, and the next card proposes what it says."""
    async with Stage(tmp_path) as stage:
        await stage.start("web", "worker")
        stage.mention(ASK)
        card = await stage.card()
        form = await stage.slack.click("U0ROB", RELEASES, card, "answer:reject")
        await stage.slack.submit_view("U0ROB", form.modals[-1], {"text": "use v1.3.1 instead"})
        again = await stage.card(2)
        await stage.slack.click("U0ROB", RELEASES, again, APPROVE)
        await done(stage)
        assert [run["tag"] for run in stage.demo.runs()] == ["v1.3.1"]


async def test_sigterm_lets_a_running_deployment_finish(tmp_path: Path) -> None:
    """A worker stopped in the middle of a deployment finishes it, keeps its lease meanwhile, and leaves no doubt."""
    async with Stage(tmp_path, deploy_seconds=6, lease_s=2, drain_s=60) as stage:
        _, worker = await stage.start("web", "worker")
        stage.mention(ASK)
        await stage.slack.click("U0ROB", RELEASES, await stage.card(), APPROVE)

        async def started() -> bool:
            return bool(await stage.events("step_started"))

        await wait_until(started, timeout=20)
        await stage.start("worker")
        assert await asyncio.to_thread(worker.stop) == 0
        assert len(await stage.events("step_finished")) == 1
        await done(stage)
        assert len(stage.demo.runs()) == 1
        assert not await stage.events("step_in_doubt")


async def test_slack_hears_no_ack_while_the_store_is_away(tmp_path: Path) -> None:
    """A mention that cannot be stored is not acknowledged, so Slack sends it again, and it is taken once."""
    async with Stage(tmp_path) as stage:
        (web,) = await stage.start("web")
        web.child.send_signal(signal.SIGSTOP)  # nobody is there to restart the server, or to answer
        await stage.kill_store()
        root = stage.mention("what is deployed?")
        web.child.send_signal(signal.SIGCONT)
        await stage.start("worker")
        await wait_until(lambda: len(stage.said(root)) >= 1, timeout=40)
        messages = await stage.events("message_received")
        assert len(messages) == 1


def _commands(stage: Stage) -> list[int]:
    """Tell the process ids of the deploy commands that run."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f"{stage.demo.folder}/shop.py\0deploy".encode() in line:
            found.append(int(process.name))
    return found
