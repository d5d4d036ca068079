"""Lines of code in a mail: a `>` in them is a prompt or an operator, and quotes nothing."""

import re
from collections.abc import Sequence

from channels.email.lines import is_cited

_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_PROMPT = re.compile(r">>>(?: \S.*)?")
_COMPARES = re.compile(r">=? ?\d|>=|>>\S")


def inside(lines: Sequence[str]) -> list[bool]:
    """Say of each line whether it is code: between fences, at Python's prompt, or a line that goes on with `>=`."""
    found = _fenced(lines)
    start = 0
    while start < len(lines):
        if found[start] or not is_cited(lines[start]):
            start += 1
            continue
        end = start
        while end < len(lines) and not found[end] and is_cited(lines[end]):
            end += 1
        block = lines[start:end]
        above = lines[start - 1].strip() if start else ""
        prompts = all(_PROMPT.fullmatch(line) for line in block)
        compares = len(block) == 1 and above and not above.endswith(":") and _COMPARES.match(block[0])
        if (prompts and block) or compares:
            found[start:end] = [True] * (end - start)
        start = end
    return found


def _fenced(lines: Sequence[str]) -> list[bool]:
    """Mark what stands between two fences; a fence that is never closed is none."""
    found = [False] * len(lines)
    opened, mark = -1, ""
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if match is None:
            continue
        if opened < 0:
            opened, mark = number, match[1]
        elif match[1].startswith(mark) and not line.strip(" `~"):
            found[opened : number + 1] = [True] * (number + 1 - opened)
            opened = -1
    return found
