"""The made-up shop, and a deploy backend on it."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from agents.backends.deploy import DeployBackend, DeploySettings
from bot.playground.repository import DemoRepository, make_demo_repository
from tests.agents.deploys import Build


@pytest.fixture
def demo(tmp_path: Path) -> DemoRepository:
    """The shop's repository, tags and deploy command, for one test."""
    return make_demo_repository(tmp_path / "demo")


@pytest.fixture
def build(demo: DemoRepository, tmp_path: Path) -> Build:
    """Build a backend on the shop's repository, with the settings given beside the usual ones."""

    def built(**settings: JsonValue) -> DeployBackend:
        usual = {"repository": str(demo.repository), "command": demo.command, "state": str(tmp_path / "state")}
        return DeployBackend(DeploySettings.model_validate({**usual, **settings}), tmp_path / "data")

    return built
