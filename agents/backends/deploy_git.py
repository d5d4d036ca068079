"""What there is to deploy: the tags and changes of a git repository, read through a clone of our own.

Every foreign word reaches git behind `--end-of-options`, no shell is involved, no configuration but ours is read,
and only the protocols file, https and ssh are allowed (`ext::` runs commands; see gitprotocol-remote-helpers).
"""

import asyncio
import contextlib
import hashlib
import os
import re
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from agents.backends.deploy_command import stop_group
from agents.backends.file_lock import locked
from bot.steps import NotDone

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,99}")
"""The tags we show and deploy. Git allows more in a name; such tags are left out."""

FRESH_S: Final = 5.0
GIT_TIMEOUT_S: Final = 300.0
SHOWN_COMMITS: Final = 50
SHOWN_SUBJECT: Final = 160

_PASSED_ON: Final = (
    *("PATH", "HOME", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"),
)
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_USERINFO: Final = re.compile(r"(?<=://)[^/\s]*@")
_TAG_FORMAT: Final = "%00".join(
    (
        *("%(refname:lstrip=2)", "%(objecttype)", "%(objectname)", "%(*objecttype)", "%(*objectname)"),
        *("%(creatordate:iso-strict)", "%(contents:subject)"),
    )
)


class NoSuchTag(NotDone):
    """There is no such tag in the repository; list the tags and name one of them exactly."""


class NoSuchCommit(NotDone):
    """There is no such commit in the repository; ask for the deploy again, by its tag."""


class GitFailed(NotDone):
    """Git could not read the repository; check `[agents.deploy] repository` and this machine's access to it."""


class Tag(BaseModel):
    """A tag, and the commit it points to now."""

    model_config = ConfigDict(frozen=True)

    name: str
    commit: str  # the full id, also of an annotated tag's commit
    date: datetime  # when it was tagged, or committed if the tag is a lightweight one
    subject: str


class Commit(BaseModel):
    """One line of a list of changes."""

    model_config = ConfigDict(frozen=True)

    id: str  # shortened
    author: str
    subject: str


class Changes(BaseModel):
    """What one tag has that another has not."""

    model_config = ConfigDict(frozen=True)

    old: str
    new: str
    commits: tuple[Commit, ...]  # newest first, at most SHOWN_COMMITS
    count: int  # of all commits that the new one adds
    left_out: int  # how many of them are not in `commits`
    dropped: int  # commits of the old one which the new one does not have: above 0, it is a step back or aside


class Repository:
    """A repository (path or URL) seen through a bare clone in `cache`, which several processes may share."""

    def __init__(self, source: str, cache: Path) -> None:
        """Keep the clone under a name of its own, so that another repository never meets this one's tags."""
        name = hashlib.sha256(source.encode()).hexdigest()[:16]
        self._source = source
        self._folder = cache / f"{name}.git"
        self._config = cache / f"{name}.gitconfig"
        self._lock = cache / f"{name}.lock"
        self._fetched: float | None = None
        cache.mkdir(parents=True, exist_ok=True)

    async def tags(self, limit: int) -> list[Tag]:
        """Return the newest tags first, `limit` at most; raise GitFailed."""
        await self._refresh(FRESH_S)
        sort = ("--sort=-version:refname", "--sort=-creatordate")
        lines = await self._read("for-each-ref", *sort, f"--format={_TAG_FORMAT}", "--end-of-options", "refs/tags/")
        found = (_tag(line) for line in lines.split("\n") if line)
        return [tag for tag in found if tag is not None][:limit]

    async def commit_of(self, tag: str, *, fresh_s: float = 0.0) -> str:
        """Return the full id of the commit the tag points to now; raise NoSuchTag, GitFailed."""
        if not NAME.fullmatch(tag):
            raise _no_such_tag(tag)
        await self._refresh(fresh_s)
        commit = await self._resolve(f"refs/tags/{tag}")
        if commit is None:
            raise _no_such_tag(tag)
        return commit

    async def check_commit(self, commit: str) -> None:
        """Raise NoSuchCommit unless this is the full id of a commit of the repository."""
        if not _COMMIT.fullmatch(commit):
            raise NoSuchCommit(f"{commit[:80]!r} is not the full id of a commit; ask for the deploy again, by its tag.")
        await self._refresh(FRESH_S)
        if await self._resolve(commit) is None:
            raise NoSuchCommit(f"There is no commit {commit} in the repository; ask again, by the name of a tag.")

    async def changes(self, old: str, new: str) -> Changes:
        """Return what the tag `new` has that the tag `old` has not; raise NoSuchTag, GitFailed."""
        before, after = await self.commit_of(old, fresh_s=FRESH_S), await self.commit_of(new, fresh_s=FRESH_S)
        count = int(await self._read("rev-list", "--count", "--end-of-options", f"{before}..{after}"))
        dropped = int(await self._read("rev-list", "--count", "--end-of-options", f"{after}..{before}"))
        wanted = ("--format=%h%x00%an%x00%s", f"--max-count={SHOWN_COMMITS}")
        lines = await self._read("log", *wanted, "--end-of-options", f"{before}..{after}")
        commits = tuple(_commit(line) for line in lines.split("\n") if line)
        left_out = count - len(commits)
        return Changes(old=old, new=new, commits=commits, count=count, left_out=left_out, dropped=dropped)

    async def _resolve(self, revision: str) -> str | None:
        code, out, _ = await self._git("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
        return out.strip() if code == 0 else None

    async def _refresh(self, max_age_s: float) -> None:
        """Fetch unless that was done less than `max_age_s` ago: tags can move, and can go."""
        try:
            await self._fetch(max_age_s)
        except OSError as problem:  # no git, no space: nothing was changed, so this must not look like a doubt
            raise GitFailed(f"Git could not be used on this machine: {problem}. Is it installed?") from problem

    async def _fetch(self, max_age_s: float) -> None:
        asked = time.monotonic()
        async with self._alone():
            # Whoever waited for another's fetch that began after the question was asked has its answer.
            if self._fetched is not None and self._fetched >= asked - max_age_s:
                return
            began = time.monotonic()
            if not (self._folder / "HEAD").exists():
                await self._read("init", "--quiet", "--bare", "--end-of-options", str(self._folder), inside=False)
            what = ("+refs/tags/*:refs/tags/*", "+refs/heads/*:refs/heads/*")
            how = ("--quiet", "--prune", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
            await self._read("fetch", *how, "--end-of-options", self._source, *what)
            self._fetched = began

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncGenerator[None]:
        """Hold the clone's lock: two fetches at once would trip over each other's references."""
        with self._lock.open("ab") as handle:
            while not locked(handle.fileno()):  # noqa: ASYNC110 - another process holds it: there is no event
                await asyncio.sleep(0.05)
            self._config.write_text(_config(self._source), encoding="utf-8")
            yield

    async def _read(self, *words: str, inside: bool = True) -> str:
        code, out, err = await self._git(*words, inside=inside)
        if code != 0:
            why = "; ".join(without_credentials(err).splitlines()[-3:]) or f"exit code {code}"
            source = without_credentials(self._source)
            raise GitFailed(f"git {words[0]} failed on {source}: {why[:500]}. Check `[agents.deploy] repository`.")
        return out

    async def _git(self, *words: str, inside: bool = True) -> tuple[int, str, str]:
        where = ("--git-dir", str(self._folder)) if inside else ()
        process = await asyncio.create_subprocess_exec(
            *("git", "--no-pager", *where, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self._folder.parent,
            env=self._environment(),
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(GIT_TIMEOUT_S):
                out, err = await process.communicate()
        except TimeoutError:
            return -1, "", f"no answer within {GIT_TIMEOUT_S:.0f} seconds"
        finally:
            if process.returncode is None:  # its helpers (ssh, git-remote-https) are in its group
                await stop_group(process.pid, asyncio.ensure_future(process.wait()))
        return process.returncode or 0, out.decode(errors="replace"), err.decode(errors="replace")

    def _environment(self) -> dict[str, str]:
        """Return all that git gets to see: nobody's configuration, no prompts, and three protocols."""
        return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self._config),
            "GIT_ALLOW_PROTOCOL": "file:https:ssh",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes -oConnectTimeout=20",
            "GIT_OPTIONAL_LOCKS": "0",
        }


def without_credentials(text: str) -> str:
    """Return the text with user names and passwords taken out of its URLs."""
    return _USERINFO.sub("", text)


def _config(source: str) -> str:
    """Return the configuration git runs with; a repository named in our settings may belong to another user."""
    path = source.removeprefix("file://").replace("\\", "\\\\").replace('"', '\\"')
    return (
        "[core]\n\thooksPath = /dev/null\n[gc]\n\tautoDetach = false\n"
        f'[safe]\n\tdirectory = "{path}"\n\tdirectory = "{path}/.git"\n'
    )


def _no_such_tag(tag: str) -> NoSuchTag:
    return NoSuchTag(f"There is no tag {tag[:100]!r} in the repository; list the tags and name one of them exactly.")


def _tag(line: str) -> Tag | None:
    name, kind, commit, inner_kind, inner_commit, date, subject = line.split("\0")
    if inner_kind:
        kind, commit = inner_kind, inner_commit
    if kind != "commit" or not NAME.fullmatch(name):
        return None
    return Tag(name=name, commit=commit, date=datetime.fromisoformat(date), subject=_short(subject))


def _commit(line: str) -> Commit:
    short, author, subject = line.split("\0")
    return Commit(id=short, author=_short(author), subject=_short(subject))


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_SUBJECT else text[: SHOWN_SUBJECT - 1] + "…"
