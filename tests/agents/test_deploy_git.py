"""What the deploy backend reads from a real git repository, and what it keeps from git."""

import asyncio
from pathlib import Path

import pytest

from agents.backends import deploy_git
from agents.backends.deploy import GitFailed, NoSuchTag
from bot.playground.repository import DemoRepository, commit_of, move_tag
from bot.steps import NotDone
from tests.agents.deploys import Build


async def test_tags_come_newest_first_with_the_commit_they_point_to(build: Build, demo: DemoRepository) -> None:
    tags = await build().tags(limit=2)

    assert [(tag.name, tag.commit) for tag in tags] == [
        (name, commit_of(demo.repository, name)) for name in ("v1.4.0", "v1.3.1")
    ]


async def test_changes_are_what_the_new_tag_adds(build: Build) -> None:
    changes = await build().changes("v1.3.1", "v1.4.0")

    assert changes.commits[0].subject == "Load order history in pages of fifty"
    assert (changes.count, changes.left_out, changes.dropped) == (3, 0, 0)


async def test_many_changes_are_shortened_visibly(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy_git, "SHOWN_COMMITS", 2)

    changes = await build().changes("v1.2.0", "v1.4.0")

    assert (len(changes.commits), changes.count, changes.left_out) == (2, 9, 7)


async def test_a_step_back_shows_as_dropped_commits(build: Build) -> None:
    changes = await build().changes("v1.4.0", "v1.3.1")

    assert (changes.count, changes.dropped) == (0, 3)


async def test_a_moved_tag_is_seen_at_once(build: Build, demo: DemoRepository) -> None:
    backend = build()
    before = await backend.commit_of("v1.4.0")

    move_tag(demo.repository, "v1.4.0", "main")

    assert before != await backend.commit_of("v1.4.0") == commit_of(demo.repository, "main")


async def test_a_deleted_tag_is_no_longer_there(build: Build, demo: DemoRepository) -> None:
    backend = build()
    await backend.commit_of("v1.4.0")
    (demo.repository / ".git" / "refs" / "tags" / "v1.4.0").unlink()

    with pytest.raises(NoSuchTag):
        await backend.commit_of("v1.4.0")


async def test_two_workers_may_read_the_repository_at_once(build: Build) -> None:
    found = await asyncio.gather(*(build().commit_of("v1.4.0") for _ in range(4)))

    assert len(set(found)) == 1


@pytest.mark.parametrize("form", ["{}", "{}/.git", "file://{}"])
async def test_a_repository_is_given_by_path_or_url(build: Build, demo: DemoRepository, form: str) -> None:
    assert len(await build(repository=form.format(demo.repository)).tags()) == 5


@pytest.mark.parametrize(
    "tag",
    [
        "--upload-pack=touch ran",
        "-h",
        "",
        "v1.4.0~1",
        "v1.4.0^{tree}",
        "main",
        "v1.4.0..main",
        "v1.4.0\n",
        "../heads/main",
        "v9",
    ],
)
async def test_only_the_exact_name_of_a_tag_is_a_tag(build: Build, tag: str, tmp_path: Path) -> None:
    backend = build()

    with pytest.raises(NoSuchTag):
        await backend.commit_of(tag)
    with pytest.raises(NoSuchTag):
        await backend.changes("v1.3.1", tag)
    with pytest.raises(NoSuchTag):
        await backend.deploy("backend", "production", tag, "0" * 40, key="key")
    assert not list(tmp_path.rglob("ran"))


async def test_a_tag_named_like_an_option_is_not_offered(build: Build, demo: DemoRepository) -> None:
    commit = commit_of(demo.repository, "main")
    (demo.repository / ".git" / "refs" / "tags" / "--force").write_text(commit + "\n")

    assert "--force" not in {tag.name for tag in await build().tags()}


async def test_a_machine_without_git_says_so_and_nothing_is_in_doubt(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitFailed, match="Is it installed") as failed:
        await build().tags()

    assert isinstance(failed.value, NotDone)


@pytest.mark.parametrize("source", ["ext::touch ran", "http://127.0.0.1:1/shop.git", "git://127.0.0.1:1/shop.git"])
async def test_git_itself_is_held_to_three_protocols(tmp_path: Path, source: str) -> None:
    """The settings refuse these as well; this is what is behind them."""
    repository = deploy_git.Repository(source, tmp_path / "cache")

    with pytest.raises(GitFailed, match="not allowed"):
        await repository.tags(1)
    assert not list(tmp_path.rglob("ran"))


async def test_a_source_that_looks_like_an_option_is_only_a_source(tmp_path: Path) -> None:
    repository = deploy_git.Repository(f"--upload-pack=touch {tmp_path}/ran", tmp_path / "cache")

    with pytest.raises(GitFailed):
        await repository.tags(1)
    assert not (tmp_path / "ran").exists()


async def test_credentials_in_the_url_are_not_in_the_error(build: Build) -> None:
    with pytest.raises(GitFailed) as failed:
        await build(repository="https://robin:hunter2@127.0.0.1:1/shop.git").tags()

    assert "127.0.0.1:1/shop.git" in str(failed.value)
    assert "hunter2" not in str(failed.value)
