"""A worker whose commits check no epoch: the control, in which the invariants must be seen broken."""

import hashlib

from bot.store import scripts
from tests.chaos.process import run

CHECKS = (
    "if lease[1] ~= opts.epoch or lease[2] ~= opts.nonce then",
    "if lease[3] == opts.seq then return",  # a repeated commit; it means nothing without the one above
)


def without_fence() -> None:
    """Take the check out of the script that commits, before it is loaded."""
    text, _ = scripts.source("commit")
    for check in CHECKS:
        assert text.count(check) == 1, f"commit.lua has no line {check!r} any more: mend this control"
        text = text.replace(check, f"if false then{' return' * check.endswith('return')}")
    changed = (text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
    original = scripts.source

    def source(name: str) -> tuple[str, str]:
        return changed if name == "commit" else original(name)

    scripts.__dict__["source"] = source


if __name__ == "__main__":
    without_fence()
    run("worker")
