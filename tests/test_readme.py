"""The README's agent, prompt and test are run as they stand there."""

import re
from pathlib import Path
from typing import Any

from bot.testing import AgentRun, staff
from tests.helpers import ROOT

_BACKEND = """
class Greenhouse:
    @classmethod
    def open(cls, settings, data):
        raise NotImplementedError

    async def sensors(self):
        return {"temperature": 21}

    async def water(self, minutes, *, key):
        return {"watered": minutes}
"""


async def test_the_readme_tells_the_truth_about_agents(tmp_path: Path) -> None:
    """The agent loads with its prompt, and the test of the README passes."""
    readme = (ROOT / "README.md").read_text()
    blocks: dict[str, list[str]] = {"python": [], "markdown": []}
    for language, text in re.findall(r"```(python|markdown)\n(.*?)```", readme, re.DOTALL):
        blocks[language].append(text)
    agent_file, test_file = blocks["python"]
    prompt = tmp_path / "greenhouse.md"
    prompt.write_text(blocks["markdown"][0])
    (tmp_path / "_rules.md").write_text((ROOT / "prompts" / "_rules.md").read_text())
    names: dict[str, Any] = {"AgentRun": AgentRun, "staff": staff, "PROMPT": prompt, "__name__": "greenhouse"}
    exec(_BACKEND + agent_file + test_file, names)  # noqa: S102  # it is our own README
    await names["test_long_watering_asks_the_gardeners"]()
