"""The stories that the demo tells, each as the blocks of a thread and the step that follows."""

import pytest
from pydantic import JsonValue

from tests.playground.model.offered import (
    APPROVED,
    ASKED,
    DEPLOYING,
    DONE,
    PLEASE,
    PREFETCHED,
    PRODUCTION,
    REPLIED,
    answered,
    chosen,
    edited,
    failed,
    message,
    question,
    rejected,
    request,
    result,
    step,
)

COMMIT = "9fceb02d0ae598e95dc970b74767f19372d61af8"


def asking(n: int, question: str, **fields: JsonValue) -> str:
    return step(n, "request_human_input", question=question, **fields)


DEPLOY = "deploy_service"
STAGING = {**PRODUCTION, "environment": "staging"}
NEWEST = {**PRODUCTION, "tag": "v1.10.0"}
ENVIRONMENT = asking(
    2,
    "Which environment do you mean for backend?",
    context="The message names no environment.",
    ask="requester",
    options={"urgency": "medium", "format": "multiple_choice", "choices": ["staging", "production"]},
)

STEPS: dict[str, tuple[tuple[str, ...], str, dict[str, JsonValue]]] = {
    "a deploy request with everything named": ((PREFETCHED, PLEASE), DEPLOY, {**PRODUCTION}),
    "the same in other words": ((message("Ship Backend v1.9.0 on prod."),), DEPLOY, {**PRODUCTION}),
    "without a tag, the newest is taken": ((PREFETCHED, message("deploy backend to production")), DEPLOY, {**NEWEST}),
    "a service that nobody knows is left to the tool": (
        (PREFETCHED, message("deploy payments v1.9.0 to the staging environment")),
        DEPLOY,
        {**STAGING, "service": "payments"},
    ),
    "after the environment was told": (
        (PREFETCHED, message("deploy backend v1.9.0"), ENVIRONMENT, request(2, "question"), answered(2, "staging")),
        DEPLOY,
        {**STAGING},
    ),
    "a new request after an old one is done": (
        (*ASKED, APPROVED, result(2, {}), DONE, message("deploy backend to staging", 5)),
        DEPLOY,
        {**NEWEST, "environment": "staging"},
    ),
    "the same request again after an old one is done": (
        (*ASKED, rejected(2, "not now"), DONE, message("deploy backend v1.9.0 to production", 5)),
        DEPLOY,
        {**PRODUCTION},
    ),
    "a no that names another tag": (
        (*ASKED, rejected(2, "v1.9.0 is broken, use v1.2.0 instead of v1.9.0")),
        DEPLOY,
        {**PRODUCTION, "tag": "v1.2.0"},
    ),
    "a no that names another environment": ((*ASKED, rejected(2, "staging first, please")), DEPLOY, {**STAGING}),
    "a no that names both": ((*ASKED, rejected(2, "v1.2.0 on staging")), DEPLOY, {**STAGING, "tag": "v1.2.0"}),
    "a no for now: the very same once more, which code refuses": (
        (*ASKED, rejected(2, "Not now, there is a freeze")),
        DEPLOY,
        {**PRODUCTION},
    ),
    "a no for now, after an edit": (
        (*ASKED, edited(2, tag=["v1.9.0", "v1.2.0"]), request(2), rejected(2, "Not today")),
        DEPLOY,
        {**PRODUCTION, "tag": "v1.2.0"},
    ),
    "somebody insists after a no": (
        (*ASKED, rejected(2, "Its tests are not green"), DONE, message("please do it anyway", 7)),
        DEPLOY,
        {**PRODUCTION},
    ),
    "a question of those who decide": (
        (*ASKED, question(2, "What changed since v1.2.0?")),
        "what_changed",
        {"old": "v1.2.0", "new": "v1.10.0"},
    ),
    "a roll-back": (
        (message("please roll back backend in production"),),
        "roll_back",
        {"service": "backend", "environment": "production"},
    ),
    "changes between two tags": (
        (message("what changed between v1.2.0 and v1.9.0?"),),
        "what_changed",
        {"old": "v1.2.0", "new": "v1.9.0"},
    ),
    "changes since a tag": (
        (PREFETCHED, message("what has changed since v1.2.0")),
        "what_changed",
        {"old": "v1.2.0", "new": "v1.10.0"},
    ),
    "what is running where": ((message("which release is running in staging?"),), "current_deployments", {}),
    "what is deployed": ((message("what is deployed?"),), "current_deployments", {}),
    "which tags": ((message("Which tags can I deploy?"),), "list_tags", {}),
    "health": (
        (message("is backend in production healthy"),),
        "check_health",
        {"service": "backend", "environment": "production"},
    ),
    "a tag that does not exist": ((PLEASE, DEPLOYING, failed(2, "There is no tag v1.9.0.")), "list_tags", {}),
    "taking an open request back": ((*ASKED, message("Never mind", 4)), "withdraw", {}),
    "a request to leave it, while waiting": ((*ASKED, message("do not deploy that", 4)), "withdraw", {}),
    "thanks while waiting": ((*ASKED, message("ok thanks", 4)), "keep_waiting", {}),
    "a question while waiting": (
        (*ASKED, message("what changed between v1.2.0 and v1.9.0?", 4)),
        "what_changed",
        {"old": "v1.2.0", "new": "v1.9.0"},
    ),
    "changes of the newest tag, while waiting": (
        (*ASKED, message("what changed?", 4)),
        "what_changed",
        {"old": "v1.10.0-rc.1", "new": "v1.10.0"},
    ),
    "a second wish while waiting is no action": (
        (*ASKED, message("deploy frontend v1.9.0 to staging", 4)),
        "reply",
        {"message": "Noted. I am still waiting for the open request to be decided."},
    ),
    "a message between approval and start": ((*ASKED, APPROVED, message("ok", 4)), "keep_waiting", {}),
    "a cancelling message between approval and start": ((*ASKED, APPROVED, message("stop", 4)), "withdraw", {}),
}


@pytest.mark.parametrize(("blocks", "name", "fields"), STEPS.values(), ids=STEPS)
def test_story_leads_to_step(blocks: tuple[str, ...], name: str, fields: dict[str, JsonValue]) -> None:
    choice = chosen(*blocks)
    assert (choice.step, choice.fields) == (name, fields)


WHAT_CHANGED = step(4, "what_changed", old="v1.2.0", new="v1.9.0")
CHANGES: JsonValue = {"commits": [{"id": "9fceb02", "author": "Ana Lima", "subject": "Faster search"}], "count": 1}

REFUSED = "A person rejected exactly this call. Propose something else, or finish; a new message may change that."
INSIST = (
    "This was not done. Rob Wills said no: Not now\n"
    "The same is not asked again until a person writes something new, such as: do it anyway."
)
UNCLEAR = (
    'I cannot tell from "the usual & best" what to do, so nothing was done. '
    "Please write the whole request in one message."
)

SAID: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a deployment that is through": (
        (*ASKED, APPROVED, result(2, {"commit": COMMIT})),
        "done_for_now",
        f"backend v1.9.0 (commit {COMMIT[:12]}) is in production.",
    ),
    "a deployment without a commit": (
        (PLEASE, DEPLOYING, result(2, None)),
        "done_for_now",
        "backend v1.9.0 is in production.",
    ),
    "a deployment that somebody changed before it was approved": (
        (*ASKED, edited(2, tag=["v1.9.0", "v1.2.0"]), request(2), APPROVED, result(2, {"commit": COMMIT})),
        "done_for_now",
        f"backend v1.2.0 (commit {COMMIT[:12]}) is in production: Rob Wills had changed what was asked for.",
    ),
    "the same again, which code refused": (
        (*ASKED, rejected(2, "Not now"), step(4, DEPLOY, **PRODUCTION), failed(4, REFUSED)),
        "done_for_now",
        INSIST,
    ),
    "an answer for those who decide": (
        (*ASKED, question(2, "what changed?"), WHAT_CHANGED, result(4, CHANGES)),
        "reply",
        "Between v1.2.0 and v1.9.0:\n- 9fceb02 (Ana Lima, Faster search)",
    ),
    "a no with a reason": (
        (*ASKED, rejected(2, "not on a Friday")),
        "done_for_now",
        "This was not done. Rob Wills said no: not on a Friday",
    ),
    "a no that names only what was proposed": (
        (*ASKED, rejected(2, "no v1.9.0 in production")),
        "done_for_now",
        "This was not done. Rob Wills said no: no v1.9.0 in production",
    ),
    "a no without a reason": (
        (*ASKED, rejected(2, "No reason was given.")),
        "done_for_now",
        "This was not done. Rob Wills said no: No reason was given.",
    ),
    "nobody decided": (
        (*ASKED, '<expired of="2"/>'),
        "done_for_now",
        "Nobody decided in time, so nothing was done. Ask again when it suits you.",
    ),
    "a request that was taken back": (
        (*ASKED, message("never mind", 4), step(5, "withdraw"), '<withdrawn of="2"/>'),
        "done_for_now",
        "The request was taken back, and nothing was done.",
    ),
    "a withdrawal that was refused": (
        (*ASKED, message("never mind", 4), step(5, "withdraw"), failed(5, "Only Ana can.")),
        "reply",
        "That did not work: Only Ana can.",
    ),
    "a roll-back that is through": (
        (
            message("roll back backend in production"),
            step(2, "roll_back", service="backend", environment="production"),
            result(2, {"tag": "v1.2.0", "commit": COMMIT}),
        ),
        "done_for_now",
        f"backend in production is back at v1.2.0 (commit {COMMIT[:12]}).",
    ),
    "a doubt that a person settled": (
        (*ASKED, APPROVED, request(2, "doubt"), answered(2, "It did happen.")),
        "done_for_now",
        "Ana Lima says: It did happen.",
    ),
    "a late result": (
        (*ASKED, APPROVED, f'<late_result of="2" how="finished">\n{{"commit": "{COMMIT}"}}\n</late_result>'),
        "done_for_now",
        f"backend v1.9.0 (commit {COMMIT[:12]}) is in production.",
    ),
    "a failure": ((PLEASE, DEPLOYING, failed(2, "disk full")), "done_for_now", "That did not work: disk full"),
    "the tags after one was not found": (
        (
            PLEASE,
            DEPLOYING,
            failed(2, "There is no tag v1.9.0."),
            step(3, "list_tags"),
            result(3, {"tags": ["v1.2.0"]}),
        ),
        "done_for_now",
        "That did not work: There is no tag v1.9.0.\nThese tags exist:\n- v1.2.0",
    ),
    "changes": (
        (message("what changed between v1.2.0 and v1.9.0"), WHAT_CHANGED, result(4, CHANGES)),
        "done_for_now",
        "Between v1.2.0 and v1.9.0:\n- 9fceb02 (Ana Lima, Faster search)",
    ),
    "changes, told while a request is open": (
        (*ASKED, message("what changed?", 3), WHAT_CHANGED, result(4, CHANGES)),
        "reply",
        "Between v1.2.0 and v1.9.0:\n- 9fceb02 (Ana Lima, Faster search)",
    ),
    "the outcome, after a question was answered in between": (
        (
            *ASKED,
            message("what changed?", 3),
            WHAT_CHANGED,
            result(4, CHANGES),
            REPLIED,
            APPROVED,
            result(2, None),
        ),
        "done_for_now",
        "backend v1.9.0 is in production.",
    ),
    "health": (
        (
            message("is backend in production healthy?"),
            step(2, "check_health", service="backend", environment="production"),
            result(2, {"healthy": True, "answer_ms": 12}),
        ),
        "done_for_now",
        "backend in production:\nhealthy: yes\nanswer ms: 12",
    ),
    "a request to leave it": ((message("please don't deploy anything"),), "done_for_now", "Nothing was done."),
    "thanks": ((message("Thank you!"),), "done_for_now", "You are welcome."),
    "an answer that does not help": (
        (message("deploy backend v1.9.0"), ENVIRONMENT, request(2, "question"), answered(2, "the usual &amp; best")),
        "done_for_now",
        UNCLEAR,
    ),
}


@pytest.mark.parametrize(("blocks", "name", "said"), SAID.values(), ids=SAID)
def test_story_leads_to_words(blocks: tuple[str, ...], name: str, said: str) -> None:
    choice = chosen(*blocks)
    assert (choice.step, choice.fields["message"]) == (name, said)
