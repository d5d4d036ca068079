"""`bot slack manifest`: what it prints, and that `bot slack` beside it is what it was."""

import json
from collections.abc import Callable
from typing import cast

import pytest
import yaml

from tests.cli.conftest import Said


def test_it_is_yaml_for_socket_mode_by_default(here: Callable[..., Said]) -> None:
    done = here("slack", "manifest")
    assert (done.code, done.err) == (0, "")
    assert yaml.safe_load(done.out)["settings"]["socket_mode_enabled"] is True
    assert "- chat:write  # answering, and asking for approval" in done.out
    assert here("slack", "manifest", "--socket").out == done.out


def test_with_json_it_is_the_same_as_json(here: Callable[..., Said]) -> None:
    found = cast("object", json.loads(here("slack", "manifest", "--json").out))
    assert found == yaml.safe_load(here("slack", "manifest").out)


def test_with_http_slack_posts_to_that_host(here: Callable[..., Said]) -> None:
    settings = yaml.safe_load(here("slack", "manifest", "--http", "https://bot.acme.test").out)["settings"]
    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == "https://bot.acme.test/slack/events"


def test_an_address_that_slack_cannot_post_to_is_refused_with_the_mend(here: Callable[..., Said]) -> None:
    done = here("slack", "manifest", "--http", "http://bot.acme.test")
    assert (done.code, done.out) == (2, "")
    assert "https://bot.acme.test" in done.err
    assert "Traceback" not in done.err


def test_both_ways_at_once_are_refused(here: Callable[..., Said]) -> None:
    done = here("slack", "manifest", "--http", "https://bot.acme.test", "--socket")
    assert (done.code, done.out) == (2, "")
    assert "not both" in done.err


@pytest.mark.usefixtures("bot")
def test_bot_slack_alone_still_listens_by_socket_mode(here: Callable[..., Said]) -> None:
    """Here it says at once what it would need for that."""
    done = here("slack")
    assert done.code == 2
    assert "SLACK_APP_TOKEN is not set" in done.err
