"""A made-up shop to deploy: a real git repository with tags, and a command that really writes what it deployed."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_BEGIN: Final = datetime(2025, 9, 1, 9, 30, tzinfo=UTC)

# subject, author, the file it changes, and the tag it got: the dates follow from the order, so ids never change
_HISTORY: Final = (
    ("Start the shop: a catalogue page and an order service", "Robin Vale", "backend/orders.py", None),
    ("Show prices with tax", "Kim Ode", "frontend/prices.js", None),
    ("Send an order confirmation by email", "Robin Vale", "backend/confirm.py", "v1.2.0"),
    ("Fix rounding of half cents in the basket", "Sam Brook", "backend/basket.py", None),
    ("Keep the basket for thirty days", "Kim Ode", "backend/basket.py", "v1.2.1"),
    ("Search the catalogue while typing", "Kim Ode", "frontend/search.js", None),
    ("Limit log-in attempts per address", "Sam Brook", "backend/login.py", None),
    ("Pay by invoice", "Robin Vale", "backend/invoice.py", "v1.3.0"),
    ("Do not charge twice when the payment page is reloaded", "Sam Brook", "backend/payment.py", "v1.3.1"),
    ("Larger pictures on small screens", "Kim Ode", "frontend/pictures.css", None),
    ("Refunds from the order page", "Robin Vale", "backend/refunds.py", None),
    ("Load order history in pages of fifty", "Sam Brook", "backend/orders.py", "v1.4.0"),
    ("Begin gift cards (not finished)", "Robin Vale", "backend/gifts.py", None),
)


@dataclass(frozen=True, slots=True)
class DemoRepository:
    """Where everything of the demo's shop is."""

    folder: Path

    @property
    def repository(self) -> Path:
        """The git repository, with a work tree."""
        return self.folder / "shop"

    @property
    def deployed(self) -> Path:
        """What the deploy command wrote: `<environment>/<service>.json`."""
        return self.folder / "deployed"

    @property
    def log(self) -> Path:
        """One JSON line for each time that the deploy command really ran to its end."""
        return self.deployed / "log.jsonl"

    @property
    def command(self) -> tuple[str, ...]:
        """The deploy command, for `[agents.deploy] command`."""
        return (
            sys.executable,
            str(self.folder / "shop.py"),
            "deploy",
            "{service}",
            "{environment}",
            "{tag}",
            "{commit}",
        )

    @property
    def health_command(self) -> tuple[str, ...]:
        """The health command, for `[agents.deploy] health_command`."""
        return (sys.executable, str(self.folder / "shop.py"), "health", "{service}", "{environment}")

    def runs(self) -> list[dict[str, str | int]]:
        """Return what the deploy command says it did, one entry for each time: the witness for "it ran once"."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


def make_demo_repository(folder: Path) -> DemoRepository:
    """Build the shop in the folder, or return what a former call built there; raise CalledProcessError, OSError."""
    demo = DemoRepository(folder.absolute())
    folder.mkdir(parents=True, exist_ok=True)
    _put(Path(__file__).with_name("shop.py").read_text(encoding="utf-8"), demo.folder / "shop.py")
    if not demo.repository.exists():
        building = Path(tempfile.mkdtemp(prefix=".building-", dir=demo.folder))
        try:
            _build(building)
            building.rename(demo.repository)  # whole or not at all, should someone interrupt this
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return demo


def record_first_deployments(demo: DemoRepository, state: Path) -> None:
    """Let the shop begin with something deployed, in the record of deploys and on the disk; once only.

    The record's format is that of the deploy agent: one JSON object a line, in `deployments.jsonl`.
    """
    record = state / "deployments.jsonl"
    if record.exists():
        return
    lines: list[str] = []
    for number, (environment, service, tag) in enumerate(
        (
            ("production", "backend", "v1.3.0"),
            ("production", "frontend", "v1.3.0"),
            ("production", "backend", "v1.3.1"),
            ("staging", "frontend", "v1.3.1"),
            ("staging", "backend", "v1.4.0"),
        )
    ):
        at = (_BEGIN + timedelta(days=30 + number)).isoformat()
        now = {"service": service, "environment": environment, "tag": tag, "commit": commit_of(demo.repository, tag)}
        lines.append(json.dumps({"key": f"before-the-demo-{number}", "event": "finished", **now, "at": at}))
        place = demo.deployed / environment / f"{service}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        _put(json.dumps({**now, "runs": 0}, indent=2) + "\n", place)
    state.mkdir(parents=True, exist_ok=True)
    _put("\n".join(lines) + "\n", record)


def commit_of(repository: Path, revision: str) -> str:
    """Return the full id of the commit a tag or branch points to; raise CalledProcessError."""
    return _git(repository, "rev-parse", "--verify", "--end-of-options", revision + "^{commit}").strip()


def move_tag(repository: Path, tag: str, commit: str) -> None:
    """Let the tag point to another commit, as a forced push would; raise CalledProcessError."""
    _git(repository, "update-ref", "--end-of-options", f"refs/tags/{tag}", commit_of(repository, commit))


def _build(repository: Path) -> None:
    _git(repository, "init", "--quiet", "--initial-branch=main")
    for number, (subject, author, name, tag) in enumerate(_HISTORY):
        file = repository / name
        file.parent.mkdir(exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(
                f"{'//' if file.suffix == '.js' else '#'} {subject}\n"
                if file.suffix != ".css"
                else f"/* {subject} */\n"
            )
        at = _BEGIN + timedelta(days=2 * number, minutes=7 * number)
        _git(repository, "add", "--all")
        _git(repository, "commit", "--quiet", f"--message={subject}", author=author, at=at)
        if tag is not None:
            about = f"--message=Release {tag.removeprefix('v')}"
            _git(repository, "tag", "--annotate", about, tag, author="Robin Vale", at=at + timedelta(hours=3))


def _git(repository: Path, *words: str, author: str = "Robin Vale", at: datetime = _BEGIN) -> str:
    """Run git with no configuration but ours, so that the same ids come out everywhere."""
    email, when = f"{author.split(maxsplit=1)[0].lower()}@acme.test", at.isoformat()
    settings = ("-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false", "-c", "core.fileMode=false")
    done = subprocess.run(
        ("git", "-C", str(repository), *settings, *words),
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_DEFAULT_HASH": "sha1",
            "GIT_AUTHOR_NAME": author,
            "GIT_AUTHOR_EMAIL": email,
            "GIT_AUTHOR_DATE": when,
            "GIT_COMMITTER_NAME": author,
            "GIT_COMMITTER_EMAIL": email,
            "GIT_COMMITTER_DATE": when,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def _put(text: str, place: Path) -> None:
    """Write a file whole, or not at all."""
    fresh = place.with_name(place.name + ".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(place)
