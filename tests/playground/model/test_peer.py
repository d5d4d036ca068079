"""The stand-in refuses what the original refuses, counts what it would count, and follows its script."""

import asyncio
import io
import json

import aiohttp
import pytest
from pydantic import JsonValue, TypeAdapter

from bot.playground.model.cache import PromptCache
from bot.playground.model.peer import ModelPeer, model_peer, serve
from bot.playground.model.rehearsal import ANNOUNCEMENT
from bot.playground.model.script import Delay, Say, Text
from tests.helpers import wait_until
from tests.playground.model.offered import DEPLOY_SCHEMA, PLEASE, PREFETCHED

HEADERS = {"x-api-key": "made-up", "anthropic-version": "2023-06-01"}
OBJECT = TypeAdapter[dict[str, JsonValue]](dict[str, JsonValue])

Body = dict[str, JsonValue]


def body_of(*texts: str, **changes: JsonValue) -> Body:
    """A request that is taken, except for the changes; a change to None leaves the field out."""
    content: list[JsonValue] = [{"type": "text", "text": text} for text in texts or ("hello",)]
    body: Body = {
        "model": "claude-opus-5-5",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": content}],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def marked(text: str) -> JsonValue:
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}


async def post(peer: ModelPeer, body: Body | bytes, headers: dict[str, str] = HEADERS) -> tuple[int, Body]:
    data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{peer.url}/v1/messages", data=data, headers=headers) as response,
    ):
        return response.status, OBJECT.validate_json(await response.read())


def error_of(answer: Body) -> tuple[str, str]:
    """Type and message of an error."""
    error = answer["error"]
    assert isinstance(error, dict)
    return str(error["type"]), str(error["message"])


def usage_of(answer: Body) -> tuple[JsonValue, ...]:
    """Tokens that were new, written to the cache, and read from it."""
    usage = answer["usage"]
    assert isinstance(usage, dict)
    return usage["input_tokens"], usage["cache_creation_input_tokens"], usage["cache_read_input_tokens"]


FORMAT: JsonValue = {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}}
USER: JsonValue = {"role": "user", "content": "a"}

BAD: dict[str, tuple[Body, str]] = {
    "temperature": (body_of(temperature=0.5), "temperature: Extra inputs are not permitted"),
    "top_p": (body_of(top_p=0.5), "top_p: Extra inputs are not permitted"),
    "top_k": (body_of(top_k=5), "top_k: Extra inputs are not permitted"),
    "an unknown field": (body_of(prompt="a"), "prompt: Extra inputs are not permitted"),
    "no max_tokens": (body_of(max_tokens=None), "max_tokens: Field required"),
    "no messages": (body_of(messages=[]), "messages: at least one message is required"),
    "no content": (body_of(messages=[{"role": "user", "content": []}]), "messages: every message must have content"),
    "an empty block": (body_of(" "), "messages: text content blocks must not be empty"),
    "a prefilled answer": (
        body_of(messages=[USER, {"role": "assistant", "content": "{"}]),
        "messages: the conversation",
    ),
    "a forced tool": (body_of(tool_choice={"type": "tool", "name": "a"}), "tool_choice: forced tool use"),
    "any tool": (body_of(tool_choice={"type": "any"}), "tool_choice: forced tool use"),
    "no thinking": (body_of(thinking={"type": "disabled"}), "thinking: it cannot be disabled"),
    "streaming": (body_of(stream=True), "stream: this local stand-in"),
    "five cache marks": (
        body_of(messages=[{"role": "user", "content": [marked(str(n)) for n in range(5)]}]),
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "an open schema": (body_of(output_config=FORMAT), "output_config.format.schema: for type 'object'"),
}


@pytest.mark.parametrize(("body", "message"), BAD.values(), ids=BAD)
async def test_bad_request_is_refused_with_the_reason(body: Body, message: str) -> None:
    async with model_peer() as peer:
        status, answer = await post(peer, body)
    kind, said = error_of(answer)
    assert (status, kind, said.startswith(message)) == (400, "invalid_request_error", True), said


async def test_body_that_is_no_json_is_refused() -> None:
    async with model_peer() as peer:
        status, answer = await post(peer, b"{")
    assert (status, error_of(answer)[0]) == (400, "invalid_request_error")


async def test_unknown_model_is_not_found() -> None:
    async with model_peer() as peer:
        status, answer = await post(peer, body_of(model="claude-0"))
    assert (status, error_of(answer)) == (404, ("not_found_error", "model: claude-0"))


async def test_unknown_path_is_not_found() -> None:
    async with (
        model_peer() as peer,
        aiohttp.ClientSession() as session,
        session.get(f"{peer.url}/v1/batches") as response,
    ):
        assert (response.status, error_of(await response.json())[0]) == (404, "not_found_error")


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}], ids=["no key", "another key"])
async def test_key_that_is_not_the_right_one_is_refused(headers: dict[str, str]) -> None:
    async with model_peer(ModelPeer(key="right")) as peer:
        status, answer = await post(peer, body_of(), {**headers, "anthropic-version": "2023-06-01"})
    assert (status, error_of(answer)[0]) == (401, "authentication_error")


@pytest.mark.parametrize("headers", [{"x-api-key": "right"}, {"authorization": "Bearer right"}], ids=["own", "bearer"])
async def test_right_key_is_taken_in_either_header(headers: dict[str, str]) -> None:
    async with model_peer(ModelPeer(key="right")) as peer:
        status, _ = await post(peer, body_of(), {**headers, "anthropic-version": "2023-06-01"})
    assert status == 200


async def test_missing_version_header_is_refused() -> None:
    async with model_peer() as peer:
        status, answer = await post(peer, body_of(), {"x-api-key": "made-up"})
    assert (status, error_of(answer)[1]) == (400, "anthropic-version: header is required")


async def test_prompt_beyond_the_context_is_refused_with_both_figures() -> None:
    async with model_peer(ModelPeer(context_tokens=10)) as peer:
        status, answer = await post(peer, body_of("a" * 44))
    assert (status, error_of(answer)[1]) == (400, "prompt is too long: 11 tokens > 10 maximum")


async def test_body_over_32_mb_is_refused() -> None:
    async with model_peer() as peer:
        status, answer = await post(peer, b" " * (32 * 1024 * 1024 + 1))
    assert (status, error_of(answer)[0]) == (413, "request_too_large")


async def test_errors_name_their_request() -> None:
    async with model_peer() as peer:
        _, answer = await post(peer, body_of(model="claude-0"))
    assert str(answer["request_id"]).startswith("req_")


async def test_rehearsal_answers_in_the_form_of_the_schema() -> None:
    config: JsonValue = {"format": {"type": "json_schema", "schema": DEPLOY_SCHEMA}}
    async with model_peer() as peer:
        _, answer = await post(peer, body_of(PREFETCHED, PLEASE, output_config=config))
    content = answer["content"]
    assert isinstance(content, list)
    assert isinstance(content[0], dict)
    assert json.loads(str(content[0]["text"]))["next"]["step"] == "deploy_service"


async def test_request_that_offers_no_steps_hears_that_this_is_a_rehearsal() -> None:
    async with model_peer() as peer:
        _, answer = await post(peer, body_of())
    assert answer["content"] == [{"type": "text", "text": ANNOUNCEMENT}]


async def test_script_is_followed_in_order_and_then_the_rehearsal() -> None:
    async with model_peer() as peer:
        peer.script(["one", Delay(0.0), Text("two")])
        said = [(await post(peer, body_of()))[1]["content"] for _ in range(3)]
    assert said == [[{"type": "text", "text": text}] for text in ("one", "two", ANNOUNCEMENT)]


async def test_refused_request_uses_up_no_line_of_the_script() -> None:
    async with model_peer() as peer:
        peer.script([Say("reply", {"message": "Hi."})])
        await post(peer, body_of(temperature=1))
        _, answer = await post(peer, body_of())
    said = {"next": {"step": "reply", "why": "The script says so.", "message": "Hi."}}
    assert answer["content"] == [{"type": "text", "text": json.dumps(said)}]


async def test_requests_are_recorded() -> None:
    async with model_peer() as peer:
        await post(peer, body_of("hello there"))
    [recorded] = peer.requests
    assert (recorded.body.messages[0].texts()[0].text, recorded.headers["x-api-key"]) == ("hello there", "made-up")


def turn(*texts: str, system: str = "s" * 400) -> Body:
    """A turn with marks where the runtime puts them: on the system prompt and on the last block."""
    content: list[JsonValue] = [{"type": "text", "text": text} for text in texts[:-1]]
    return body_of(system=[marked(system)], messages=[{"role": "user", "content": [*content, marked(texts[-1])]}])


async def counted(*turns: Body, min_tokens: int = 0) -> list[tuple[JsonValue, ...]]:
    async with model_peer(ModelPeer(cache=PromptCache(min_tokens=min_tokens))) as peer:
        return [usage_of((await post(peer, body))[1]) for body in turns]


async def test_turn_that_is_appended_to_reads_the_last_one_from_the_cache() -> None:
    assert await counted(turn("a" * 40), turn("a" * 40, "b" * 80)) == [(0, 110, 0), (0, 20, 110)]


async def test_changed_early_byte_loses_the_cache() -> None:
    assert await counted(turn("a" * 40), turn("b" * 40, "c" * 80, system="t" * 400)) == [(0, 110, 0), (0, 130, 0)]


async def test_system_prompt_stays_cached_when_the_thread_is_another() -> None:
    assert await counted(turn("a" * 40), turn("b" * 40)) == [(0, 110, 0), (0, 10, 100)]


async def test_mark_more_than_20_blocks_back_is_not_found() -> None:
    blocks = ["b" * 4] * 21
    first, second = await counted(turn("a" * 40, system="s"), turn("a" * 40, *blocks, system="s"))
    assert (first, second) == ((0, 11, 0), (0, 31, 1))


async def test_short_prompt_is_not_cached() -> None:
    assert await counted(turn("a" * 40), turn("a" * 40), min_tokens=1024) == [(110, 0, 0), (110, 0, 0)]


async def test_what_is_not_marked_is_not_cached() -> None:
    assert await counted(body_of("a" * 40), body_of("a" * 40)) == [(10, 0, 0), (10, 0, 0)]


async def test_models_are_listed() -> None:
    async with (
        model_peer() as peer,
        aiohttp.ClientSession() as session,
        session.get(f"{peer.url}/v1/models", headers=HEADERS) as response,
    ):
        listed = OBJECT.validate_json(await response.read())
    assert "claude-opus-5-5" in json.dumps(listed["data"])


async def test_port_that_is_taken_is_an_error() -> None:
    async with model_peer() as peer:
        with pytest.raises(OSError, match="address already in use"):
            await ModelPeer(port=peer.port).start()


async def test_served_peer_says_where_it_is_and_that_it_is_no_model() -> None:
    lines: list[str] = []
    serving = asyncio.create_task(serve(announce=lines.append))
    try:
        await wait_until(lambda: len(lines) == 2)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    assert (lines[0].startswith("ANTHROPIC_BASE_URL=http://127.0.0.1:"), lines[1]) == (True, ANNOUNCEMENT)
