"""How far a turn is, as a plan with a card for each task; and the same in plain text where Slack takes no plans. Pure.

https://docs.slack.dev/reference/block-kit/blocks/plan-block and .../task-card-block
"""

from typing import Final

from bot.places import Progress, Task, TaskState
from bot.visible import line
from channels.slack import kit
from channels.slack.mrkdwn import convert, pieces
from channels.slack.visible import escape
from channels.slack.wire import JsonObject, array

_TITLE = 120  # characters
_TEXT = 2_000
_STATUS: Final[dict[TaskState, str]] = {
    "running": "in_progress",
    "waiting": "pending",
    "done": "complete",
    "failed": "error",
    "unsure": "error",
}
_SAID: Final[dict[TaskState, str]] = {"waiting": ": waits", "failed": ": not done", "unsure": ": not certain"}


def plan_blocks(progress: Progress) -> list[JsonObject]:
    """Return the message as a plan, with the sentence about it below."""
    earlier = f" ({progress.earlier} earlier steps)" if progress.earlier else ""
    plan: JsonObject = {
        "type": "plan",
        "title": line(f"{progress.title}{earlier}", _TITLE),
        "tasks": array([_task(task, is_over=progress.state == "ended") for task in progress.tasks]),
    }
    return [plan, *([kit.context(kit.small(_mrkdwn(progress.note)))] if progress.note else [])]


def plain_blocks(progress: Progress) -> list[JsonObject]:
    """Return the message in words."""
    return [kit.context(kit.small(_mrkdwn(progress.markdown)))]


def progress_text(progress: Progress) -> str:
    """Return what notifications and screen readers say: how far it is, and the step that it is at."""
    current = next((task.title for task in reversed(progress.tasks) if task.state in {"running", "waiting"}), "")
    return escape(line(": ".join(part for part in (progress.title, current) if part), _TITLE))


def _task(task: Task, *, is_over: bool) -> JsonObject:
    """Nothing is left spinning in a message that does not change any more."""
    state: TaskState = "unsure" if is_over and task.state == "running" else task.state
    return {
        "type": "task_card",
        "task_id": line(task.name, _TITLE),
        "title": line(f"{task.title}{_SAID.get(state, '')}", _TITLE),
        "status": _STATUS[state],
    }


def _mrkdwn(markdown: str) -> str:
    return (pieces(convert(markdown), _TEXT) or ["…"])[0]
