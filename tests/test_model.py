"""The one call to the Anthropic API, made by the real client over HTTP to the local stand-in."""

import asyncio
import json
import time
from email.utils import formatdate

import pytest

from bot.model import Answer, AnthropicModel, ModelFailed, ModelFailure, Prompt, Usage, retry_after_s
from bot.playground.model.cache import PromptCache
from bot.playground.model.peer import ModelPeer, model_peer
from bot.playground.model.script import CutOff, Fail, Hang, Raw, Refuse, Say, Scripted, Text

SCHEMA: dict[str, object] = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
SECRET = "made-up-key-5f2c"
WRITTEN = "the blue house by the sea"
PROMPT = Prompt(system="You choose.", blocks=("first", WRITTEN), schema=SCHEMA, model="claude-opus-5-5")


async def ask(peer: ModelPeer, prompt: Prompt = PROMPT, *, timeout_s: float = 20.0, key: str = SECRET) -> Answer:
    model = AnthropicModel(key, base_url=peer.url, timeout_s=timeout_s)
    try:
        return await model(prompt)
    finally:
        await model.close()


async def failed(entry: Scripted, prompt: Prompt = PROMPT, *, timeout_s: float = 20.0) -> ModelFailed:
    async with model_peer() as peer:
        peer.script([entry])
        with pytest.raises(ModelFailed) as caught:
            await ask(peer, prompt, timeout_s=timeout_s)
    return caught.value


async def test_answer_is_the_text_with_what_it_cost() -> None:
    async with model_peer(ModelPeer(cache=PromptCache(min_tokens=0))) as peer:
        peer.script([Text("one"), Text("three")])
        first = await ask(peer)
        second = await ask(peer)
    assert (first.text, first.model) == ("one", "claude-opus-5-5")
    assert (first.usage.cached, second.usage.cached) == (0, first.usage.input)
    assert second.usage == Usage(input=first.usage.input, cached=first.usage.input, output=2)


async def test_request_has_one_user_message_with_a_block_each_and_marks_on_system_and_last() -> None:
    async with model_peer() as peer:
        await ask(peer)
    [recorded] = peer.requests
    [turn] = recorded.body.messages
    texts = [(block.text, block.cache_control is not None) for block in recorded.body.blocks()]
    assert turn.role == "user"
    assert texts == [("You choose.", True), ("first", False), (WRITTEN, True)]


async def test_request_asks_for_the_schema_and_for_no_tools_or_thinking() -> None:
    async with model_peer() as peer:
        await ask(peer, Prompt(system="a", blocks=("b",), schema=SCHEMA, model="claude-opus-5-5", effort="low"))
    body = peer.requests[0].body
    fields = {"model", "max_tokens", "messages", "system", "output_config"}
    assert (body.answer_schema(), body.output_config.effort, body.model_fields_set) == (SCHEMA, "low", fields)


async def test_effort_is_left_to_the_model_when_none_is_named() -> None:
    async with model_peer() as peer:
        await ask(peer)
    assert peer.requests[0].body.output_config.model_fields_set == {"format"}


async def test_thinking_blocks_are_no_part_of_the_answer() -> None:
    async with model_peer() as peer:
        peer.script([Text("said", thinking=True)])
        assert (await ask(peer)).text == "said"


async def test_chosen_step_arrives_as_json() -> None:
    async with model_peer() as peer:
        peer.script([Say("reply", {"message": "Hi."})])
        assert json.loads((await ask(peer)).text)["next"]["message"] == "Hi."


LIMIT = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
CREDIT = "Your credit balance is too low to access the Anthropic API."
INVALID = "invalid_request_error"

FAILURES: dict[str, tuple[Scripted, ModelFailure]] = {
    "529": (Fail(529, "overloaded_error"), ModelFailure.OVERLOADED),
    "503 that says overloaded": (Fail(503, "overloaded_error"), ModelFailure.OVERLOADED),
    "429": (Fail(429, "rate_limit_error"), ModelFailure.RATE_LIMITED),
    "429, too steep a rise": (
        Fail(429, "rate_limit_error", error_code="ramp_limit_exceeded"),
        ModelFailure.RATE_LIMITED,
    ),
    "429, the tier's limit": (
        Fail(429, "rate_limit_error", error_code="enforced_spend_limit_reached"),
        ModelFailure.SPEND_LIMIT,
    ),
    "429, the contract's limit": (
        Fail(429, "rate_limit_error", error_code="contract_spend_limit_reached"),
        ModelFailure.SPEND_LIMIT,
    ),
    "402": (Fail(402, "billing_error"), ModelFailure.SPEND_LIMIT),
    "400, one's own limit": (Fail(400, INVALID, LIMIT), ModelFailure.SPEND_LIMIT),
    "400, no credit": (Fail(400, INVALID, CREDIT), ModelFailure.SPEND_LIMIT),
    "refusal": (Refuse(), ModelFailure.REFUSED),
    "413": (Fail(413, "request_too_large"), ModelFailure.TOO_LONG),
    "400, too long": (Fail(400, INVALID, "prompt is too long: 9 tokens > 8 maximum"), ModelFailure.TOO_LONG),
    "400, too long with the answer": (
        Fail(400, INVALID, "input length and `max_tokens` exceed context limit: 9 + 9 > 8"),
        ModelFailure.TOO_LONG,
    ),
    "max_tokens": (CutOff(), ModelFailure.CUT_OFF),
    "500": (Fail(500, "api_error"), ModelFailure.UNREACHABLE),
    "504": (Fail(504, "timeout_error"), ModelFailure.UNREACHABLE),
    "408": (Fail(408, "timeout_error"), ModelFailure.UNREACHABLE),
    "502 by a proxy": (Raw("<h1>Bad gateway</h1>", status=502), ModelFailure.UNREACHABLE),
    "200 with a page": (Raw("<h1>Please log in</h1>"), ModelFailure.UNREACHABLE),
    "200 with other JSON": (Raw('{"ok": true}', content_type="application/json"), ModelFailure.UNREACHABLE),
    "200 with broken JSON": (Raw('{"ok":', content_type="application/json"), ModelFailure.UNREACHABLE),
    "401": (Fail(401, "authentication_error"), ModelFailure.CREDENTIALS),
    "403": (Fail(403, "permission_error"), ModelFailure.CREDENTIALS),
    "400, on hold": (Fail(400, INVALID, error_code="organization_on_hold"), ModelFailure.CREDENTIALS),
    "404": (Fail(404, "not_found_error"), ModelFailure.BAD_REQUEST),
    "400": (Fail(400, INVALID), ModelFailure.BAD_REQUEST),
}


@pytest.mark.parametrize(("entry", "kind"), FAILURES.values(), ids=FAILURES)
async def test_failure_has_its_kind(entry: Scripted, kind: ModelFailure) -> None:
    assert (await failed(entry)).kind is kind


async def test_failed_call_is_not_repeated() -> None:
    async with model_peer() as peer:
        peer.script([Fail(529, "overloaded_error"), Text("never read")])
        with pytest.raises(ModelFailed):
            await ask(peer)
    assert len(peer.requests) == 1


@pytest.mark.parametrize("kind", list(ModelFailure))
def test_only_what_time_mends_is_passing(kind: ModelFailure) -> None:
    passing = kind in {ModelFailure.OVERLOADED, ModelFailure.RATE_LIMITED, ModelFailure.UNREACHABLE}
    assert ModelFailed(kind, "").passing is passing


async def test_pause_that_was_asked_for_is_told() -> None:
    assert (await failed(Fail(429, "rate_limit_error", headers={"retry-after": "7"}))).retry_after_s == 7.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": formatdate(0, usegmt=True)}, 0.0),
        ({}, None),
    ],
)
def test_retry_after_is_read_in_each_of_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds


def test_retry_after_can_be_a_date() -> None:
    seconds = retry_after_s({"retry-after": formatdate(time.time() + 3600, usegmt=True)})
    assert seconds is not None
    assert 3000 < seconds <= 3600


async def test_detail_names_status_type_and_request() -> None:
    detail = (await failed(Fail(529, "overloaded_error"))).detail
    assert detail.startswith("529 overloaded_error req_")


async def test_detail_of_a_bad_request_says_what_to_mend() -> None:
    assert "max_tokens: too large" in (await failed(Fail(400, INVALID, "max_tokens: too large"))).detail


@pytest.mark.parametrize("entry", [entry for entry, _ in FAILURES.values()], ids=FAILURES)
async def test_failure_tells_neither_the_key_nor_what_people_wrote(entry: Scripted) -> None:
    said = str(await failed(entry))
    assert SECRET not in said
    assert WRITTEN not in said


async def test_real_refusals_of_the_api_are_bad_requests() -> None:
    async with model_peer() as peer:
        with pytest.raises(ModelFailed, match=r"404 not_found_error .* model: claude-0"):
            await ask(peer, Prompt(system="a", blocks=("b",), schema=SCHEMA, model="claude-0"))


async def test_wrong_key_is_named_as_such() -> None:
    async with model_peer(ModelPeer(key="another")) as peer:
        with pytest.raises(ModelFailed, match="credentials"):
            await ask(peer)


async def test_prompt_that_does_not_fit_is_too_long() -> None:
    async with model_peer(ModelPeer(context_tokens=5)) as peer:
        with pytest.raises(ModelFailed, match="too_long"):
            await ask(peer)


async def test_nobody_listening_is_unreachable() -> None:
    async with model_peer() as peer:
        pass
    with pytest.raises(ModelFailed, match="unreachable"):
        await ask(peer)


async def test_silence_is_unreachable_after_the_timeout() -> None:
    hang = Hang()
    assert (await failed(hang, timeout_s=0.2)).kind is ModelFailure.UNREACHABLE
    await asyncio.wait_for(hang.gone.wait(), 10)


async def test_cancelling_closes_the_request() -> None:
    hang = Hang()
    async with model_peer() as peer:
        peer.script([hang])
        asking = asyncio.create_task(ask(peer))
        await asyncio.wait_for(hang.held.wait(), 10)
        asking.cancel()
        await asyncio.wait_for(hang.gone.wait(), 10)
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_held_request_goes_on_when_released() -> None:
    hang = Hang()
    async with model_peer() as peer:
        peer.script([hang, Text("at last")])
        asking = asyncio.create_task(ask(peer))
        await asyncio.wait_for(hang.held.wait(), 10)
        hang.release()
        assert (await asking).text == "at last"


async def test_connection_is_used_again() -> None:
    async with model_peer() as peer:
        model = AnthropicModel(SECRET, base_url=peer.url)
        await model(PROMPT)
        await model(PROMPT)
        await model.close()
    ports = {recorded.client_port for recorded in peer.requests}
    assert (len(peer.requests), len(ports)) == (2, 1)


async def test_proxy_of_the_environment_is_not_used_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with model_peer() as peer:
        peer.script([Text("direct")])
        assert (await ask(peer)).text == "direct"
