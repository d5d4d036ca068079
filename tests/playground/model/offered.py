"""Schemas as the runtime offers them, and threads as it renders them: written by hand, to hold both to the format."""

import json

from anthropic import transform_schema
from pydantic import JsonValue

from bot.playground.model.rehearsal import Choice, choose

TEXT: JsonValue = {"type": "string"}
OPTIONS: JsonValue = {
    "type": "object",
    "properties": {
        "urgency": {"type": "string", "enum": ["low", "medium", "high"]},
        "format": {"type": "string", "enum": ["free_text", "yes_no", "multiple_choice"]},
        "choices": {"type": "array", "items": {"type": "string"}},
    },
    "required": [],
}
STANDARD: dict[str, dict[str, JsonValue]] = {
    "request_human_input": {"question": TEXT, "context": TEXT, "options": OPTIONS, "ask": TEXT},
    "done_for_now": {"message": TEXT},
    "reply": {"message": TEXT},
    "keep_waiting": {},
    "withdraw": {},
    "hand_off": {"agent": TEXT},
}
DEPLOY: dict[str, dict[str, JsonValue]] = {
    "list_tags": {},
    "current_deployments": {},
    "what_changed": {"old": TEXT, "new": TEXT},
    "deploy_service": {"service": TEXT, "tag": TEXT, "environment": TEXT},
    "roll_back": {"service": TEXT, "environment": TEXT},
    "check_health": {"service": TEXT, "environment": TEXT},
}

TAGS = ["v1.2.0", "v1.10.0-rc.1", "v1.9.0", "v1.10.0"]
PREFETCHED = (
    f"<prefetched>\n{json.dumps({'tags': TAGS, 'deployments': {'backend': {'production': 'v1.9.0'}}})}\n</prefetched>"
)


def schema_of(steps: dict[str, dict[str, JsonValue]]) -> dict[str, JsonValue]:
    """The schema of an answer that chooses one of these steps."""
    variants: list[JsonValue] = [
        {
            "type": "object",
            "description": f"What {name} does.",
            "properties": {"step": {"const": name}, "why": TEXT, **fields},
            "required": ["step", "why", *fields],
        }
        for name, fields in steps.items()
    ]
    return transform_schema({"type": "object", "properties": {"next": {"anyOf": variants}}, "required": ["next"]})


DEPLOY_SCHEMA = schema_of({**DEPLOY, **STANDARD})
TRIAGE_SCHEMA = schema_of(STANDARD)


def message(text: str, n: int = 1, *, by: str = "Ana Lima") -> str:
    """Somebody writes."""
    return f'<message n="{n}" from="{by}" id="ana" trust="staff" at="2026-11-20T17:00:00Z">\n{text}\n</message>'


def step(n: int, name: str, **args: JsonValue) -> str:
    """A step was chosen."""
    return f'<step n="{n}" name="{name}">\n{json.dumps(args)}\n</step>'


def result(of: int, value: JsonValue) -> str:
    """A step came back."""
    return f'<result of="{of}">\n{json.dumps(value)}\n</result>'


def request(of: int, kind: str = "approval") -> str:
    """A person is being asked."""
    return f'<request of="{of}" kind="{kind}" asks="release">\nWaiting.\n</request>'


def rejected(of: int, reason: str) -> str:
    """A person said no."""
    return f'<rejected of="{of}" by="Rob Wills">\n{reason}\n</rejected>'


def edited(of: int, **changes: JsonValue) -> str:
    """A person changed the call: each field [before, after]."""
    return f'<edited of="{of}" by="Rob Wills">\n{json.dumps(changes)}\n</edited>'


def question(of: int, text: str) -> str:
    """Somebody who is to decide asks something back."""
    told = "(Answer with reply: only those who decide read it. The request stays open.)"
    return f'<question of="{of}" by="Mia Chen">\n{text}\n</question>\n{told}'


def answered(of: int, text: str) -> str:
    """A question was answered."""
    return f'<answered of="{of}" by="Ana Lima">\n{text}\n</answered>'


def failed(of: int, text: str) -> str:
    """A step failed or was refused."""
    return f'<failed of="{of}">\n{text}\n</failed>'


PLEASE = message("please deploy backend v1.9.0 to production")
DEPLOYING = step(2, "deploy_service", service="backend", tag="v1.9.0", environment="production")
ASKED = (PREFETCHED, PLEASE, DEPLOYING, request(2))
APPROVED = '<approved of="2" by="Rob Wills"/>'
REPLIED = '<replied n="5">\nHere is what changed.\n</replied>'
DONE = '<replied n="6">\nIt is done.\n</replied>\n<done/>'

SYSTEM = "You route messages. The agents: deploy (deploys services), support (orders and refunds)."
PRODUCTION = {"service": "backend", "tag": "v1.9.0", "environment": "production"}


def chosen(*blocks: str, schema: dict[str, JsonValue] = DEPLOY_SCHEMA, system: str = SYSTEM) -> Choice:
    """What the rules choose after these blocks."""
    choice = choose(blocks, schema, system)
    assert choice is not None
    return choice
