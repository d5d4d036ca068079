"""What the failure of a call means for another try: surely not sent, for now or for good, or nobody knows."""

from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.port import DeliveryFailed
from channels.slack.calls import BUSY, UNCERTAIN, failure

_LOCKED_OUT = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"}
)
_LOCKED_OUT_S = 60.0


@contextmanager
def attempt() -> Generator[None]:
    """Say what a failed call of a writing method means; what is not turned into DeliveryFailed has an unknown outcome.

    https://docs.slack.dev/reference/methods/chat.postMessage (errors): of `fatal_error` and `internal_error` it says
    that some of the operation may have succeeded.
    """
    try:
        yield
    except SlackApiError as error:
        told = failure(error)
        if told.status == 429 or told.code in BUSY:
            raise _later(told.code, told.retry_after_s, everybody=told.status == 429) from error
        if told.status >= 500 or told.code in UNCERTAIN:
            raise
        if told.code in _LOCKED_OUT:
            raise _later(f"{told.code}: see `bot doctor`", _LOCKED_OUT_S) from error
        raise DeliveryFailed(f"Slack refused it: {told.code}", permanent=True) from error
    except aiohttp.ClientConnectorError as error:
        raise _later("Slack cannot be reached") from error


@contextmanager
def unsent() -> Generator[None]:
    """Turn the failure of a call before the sending into DeliveryFailed: nothing was sent."""
    try:
        with attempt():
            yield
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        raise _later(f"Slack did not answer: {type(error).__name__}") from error


def _later(detail: str, after_s: float | None = None, *, everybody: bool = False) -> DeliveryFailed:
    return DeliveryFailed(detail, permanent=False, retry_after_s=after_s, everybody=everybody)
