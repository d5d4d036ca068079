"""How quick a worker is with an instant model: figures to look at, by `pytest -s`; what is claimed is only the work."""

import time
from pathlib import Path

from bot.model import Prompt
from tests.runtime.crew import crew
from tests.runtime.scripted import Said, done, step
from tests.runtime.stage import Stage

STEPS = 200


async def rate(stage: Stage, root: str, steps: int) -> float:
    """Steps a second of one thread that looks so many things up."""
    left = steps

    def look(_: Prompt) -> Said:
        nonlocal left
        left -= 1
        return step("look", key=f"{root} {left}") if left else done()

    stage.model.otherwise = look
    begun = time.monotonic()
    await stage.say("look them all up", root=root)
    await stage.finished(root)
    return steps / (time.monotonic() - begun)


async def test_a_long_thread_is_worked_through_whole(stage: Stage, tmp_path: Path) -> None:
    stage.agents = crew(tmp_path, steps=10 * STEPS)
    async with stage.working():
        await rate(stage, "0.1", 20)  # everything is loaded by then
        short, long = await rate(stage, "1.1", STEPS // 4), await rate(stage, "2.1", STEPS)
    print(f"\n{STEPS // 4} steps: {short:.0f} steps/s; {STEPS} steps: {long:.0f} steps/s")  # noqa: T201  # the figures
    assert len(stage.world.runs) == 19 + STEPS // 4 - 1 + STEPS - 1


async def test_many_threads_are_worked_on_at_once(stage: Stage) -> None:
    def look_twice(prompt: Prompt) -> Said:
        results = "".join(prompt.blocks).count("<result")
        return step("look", key=str(results)) if results < 2 else done()

    stage.model.otherwise = look_twice
    roots = [f"{n}.9" for n in range(60)]
    async with stage.working():
        begun = time.monotonic()
        for root in roots:
            await stage.say("look", root=root)
        for root in roots:
            await stage.finished(root)
        seconds = time.monotonic() - begun
    print(f"\n{len(roots)} threads of 3 steps: {len(roots) * 3 / seconds:.0f} steps/s")  # noqa: T201  # the figures
    assert len(stage.world.runs) == 2 * len(roots)
