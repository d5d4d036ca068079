"""The app's Web API client with types: slack_sdk's own methods underneath, JSON and refusals on top."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, cast

from pydantic import JsonValue
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack.wire import JsonObject, as_object


class Response(Protocol):
    """AsyncSlackResponse, whose own types are bare."""

    status_code: int
    headers: Mapping[str, str]
    data: JsonValue


class CallRefusedError(Exception):
    """The Web API refused the call."""

    def __init__(self, response: Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.answer = as_object(response.data)
        self.code = str(self.answer.get("error"))
        super().__init__(self.code)


class Call:
    """Makes calls by Slack's name of the method, encoded as slack_sdk encodes each of them."""

    def __init__(self, client: AsyncWebClient) -> None:
        self.client = client
        self.scopes = ""  # as the last answer's header told

    async def __call__(self, method: str, **arguments: object) -> JsonObject:
        """Return the answer's JSON, or raise CallRefusedError."""
        return await self._answer(self._method(method.replace(".", "_"))(**arguments))

    async def raw(self, method: str, body: JsonObject) -> JsonObject:
        """The same for what slack_sdk itself would not let through."""
        return await self._answer(self._method("api_call")(method, json=body))

    async def post(self, channel: str, text: str, **more: object) -> str:
        """Post a message and return its ts."""
        return str((await self("chat.postMessage", channel=channel, text=text, **more))["ts"])

    def _method(self, name: str) -> Callable[..., Awaitable[Response]]:
        return cast("Callable[..., Awaitable[Response]]", getattr(self.client, name))

    async def _answer(self, calling: Awaitable[Response]) -> JsonObject:
        try:
            response = await calling
        except SlackApiError as refused:
            raise CallRefusedError(cast("Response", vars(refused)["response"])) from refused
        self.scopes = response.headers["x-oauth-scopes"]
        return as_object(response.data)


def dig(value: JsonValue, *path: str | int) -> JsonValue:
    """Return what stands at a path of keys and positions, as in `dig(body, "actions", 0, "value")`."""
    for step in path:
        if isinstance(step, str):
            assert isinstance(value, dict), f"no object to take {step!r} from: {value!r}"
            value = value[step]
        else:
            assert isinstance(value, list), f"no list to take {step} from: {value!r}"
            value = value[step]
    return value


def each(value: JsonValue, key: str) -> list[JsonValue]:
    """Return what every object of a list has under the key."""
    assert isinstance(value, list)
    return [dig(item, key) for item in value]
