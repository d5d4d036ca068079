"""A short soak, for what it finds and not for how quick it is."""

from pathlib import Path

from tests.bench.soak import soak


async def test_over_connections_that_break_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    found = await soak(tmp_path / "office", seconds=5, rate=40, seed=7, cut_every_s=1)
    assert found.wrong == []
    assert found.cuts >= 4
