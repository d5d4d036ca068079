"""The made-up shop's deploy and health command. It is copied into the demo's folder and run from there.

It really writes what it deployed, into `deployed/` beside itself, and adds a line to `deployed/log.jsonl` each time it
did. DEMO_DEPLOY_SECONDS says how long a deploy takes. It needs nothing but Python's standard library.
"""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

REFUSED = 2  # the exit code for: nothing was changed


def main(words: list[str]) -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="shop", description="Deploys the acme shop, and looks after it.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, arguments in (
        ("deploy", ("service", "environment", "tag", "commit")),
        ("health", ("service", "environment")),
    ):
        command = commands.add_parser(name)
        for argument in arguments:
            command.add_argument(argument)
    given = parser.parse_args(words)  # ends with exit code 2 itself
    place = Path(__file__).resolve().parent / "deployed" / given.environment / f"{given.service}.json"
    if given.command == "health":
        return health(given.service, place)
    return deploy(given.service, given.tag, given.commit, place)


def deploy(service: str, tag: str, commit: str, place: Path) -> int:
    """Pretend to build and roll out for a while, then write what is deployed now."""
    environment = place.parent.name
    if service not in {"backend", "frontend"}:
        say(f"the acme shop has no service {service!r}; nothing was changed")
        return REFUSED
    seconds = float(os.environ.get("DEMO_DEPLOY_SECONDS", "0"))
    for step in ("building", "uploading", "draining the old instances", "starting the new ones"):
        say(f"{environment}: {step} ({service} {tag}, commit {commit[:12]})")
        time.sleep(seconds / 4)
    runs = int(json.loads(place.read_text(encoding="utf-8"))["runs"]) if place.exists() else 0
    line = {"service": service, "environment": environment, "tag": tag, "commit": commit, "runs": runs + 1}
    line |= {"key": os.environ.get("DEPLOY_KEY", ""), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    place.parent.mkdir(parents=True, exist_ok=True)
    fresh = place.with_suffix(".new")
    fresh.write_text(json.dumps(line, indent=2) + "\n", encoding="utf-8")
    fresh.replace(place)
    with (place.parent.parent / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")
    say(f"{environment}: {service} {tag} is live")
    return 0


def health(service: str, place: Path) -> int:
    """Say whether the service is there."""
    if not place.exists():
        say(f"{place.parent.name}: {service} does not answer: it was never deployed")
        return 1
    tag = json.loads(place.read_text(encoding="utf-8"))["tag"]
    say(f"{place.parent.name}: {service} {tag} answers: 200 OK, 4 of 4 instances up")
    return 0


def say(text: str) -> None:
    """Print a line of progress at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
