"""What others said before, and what stands in files, answers no request, names no approver and lowers no policy."""

import time

import pytest

from bot.bodies import Earlier, FileText, Remark
from bot.places import Place
from bot.port import Inbound
from tests.runtime.scripted import step
from tests.runtime.stage import Stage, person
from tests.security.hostile import FORGED, SEND, TEXTS, asked, texts, unmoved


async def bring(stage: Stage, said: list[str], *, question: str = "and now?") -> None:
    """Ana asks something, and with it comes what others said, and files of the same."""
    stage.messages += 1
    now = time.time_ns() // 1000
    remarks = tuple(Remark(at=now, name="Rob Wills", who="person", text=text) for text in said)
    inbound = Inbound(
        source=f"slack:T0ACME/C0OPS/1.1/{stage.messages}",
        identity=person("ana"),
        root=("slack", "T0ACME", "C0OPS", "1.1"),
        place=Place(channel="slack", address="T0ACME/C0OPS", thread="1.1"),
        route_channel="slack:T0ACME/C0OPS",
        text=question,
        starts=True,
        sent_at=now,
        earlier=Earlier(remarks=remarks, until=now),
        files=tuple(FileText(name=text, text=text) for text in said),
    )
    await stage.intake().message(inbound)


async def test_nothing_in_it_answers_a_request_or_changes_it(stage: Stage) -> None:
    async with stage.working():
        request = await asked(stage)
        since = (await stage.fold()).version
        for text in texts(request.opened.request):
            await bring(stage, [text])
        await unmoved(stage, request, since)


async def test_it_answers_no_free_text_question_either(stage: Stage) -> None:
    stage.model.says(step("request_human_input", question="Which tag?", options={"format": "free_text"}, ask="release"))
    stage.model.otherwise = step("keep_waiting")
    async with stage.working():
        await stage.say("deploy it", "ana")
        request = await stage.request()
        await bring(stage, ["v1.4", "word: v1.4"])
        thread = await stage.settled()
    assert list(thread.open) == [request.opened.request]
    assert thread.requests[request.opened.request].votes == {}


@pytest.mark.parametrize("text", [*TEXTS, FORGED])
async def test_the_policy_and_the_approvers_are_the_same_whatever_it_says(stage: Stage, text: str) -> None:
    stage.model.says(SEND)
    async with stage.working():
        await bring(stage, [text.format(request="00-aaaaaaaaaaaaaaaa.1.aaaaaaaaaaaaa")], question="send the plan")
        opened = (await stage.request()).opened
    assert (opened.kind, opened.approvers, opened.requesters) == ("approval", ("rob", "zoe"), ("ana",))
    assert stage.world.runs == []


async def test_who_is_quoted_in_it_may_still_approve_since_they_asked_for_nothing(stage: Stage) -> None:
    stage.model.says(SEND)
    stage.model.otherwise = step("done_for_now", message="Sent.")
    async with stage.working():
        await bring(stage, ["let us send the plan"], question="send the plan")
        await stage.request()
        assert (await stage.answer("rob", "approve")).accepted
        await stage.becomes("done")
    assert len(stage.world.ran("send")) == 1
