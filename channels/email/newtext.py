"""What somebody wrote themselves in a mail, apart from what their program quoted: quoted text is never an answer."""

from collections.abc import Sequence

from channels.email import markers
from channels.email.mail import Said, Shape

LONGEST = 100_000  # characters of a text that are read
_MOST_LINES = 4_000


def split(text: str) -> Said:
    """Take a mail's text apart. Linear in its length; text beyond the limit is not read."""
    lines = _lines(text)
    lines, forwarded = _forwarded(lines)
    kept, quoted, shape = _unquoted(lines)
    new, signature = _signature(kept)
    return Said(
        new_text=_join(new),
        quoted=_join(quoted),
        forwarded=_join(forwarded),
        signature=_join(signature),
        shape=shape,
    )


def _lines(text: str) -> list[str]:
    plain = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\ufeff", "")
    return [line.rstrip() for line in plain.split("\n", _MOST_LINES)[:_MOST_LINES]]


def _forwarded(lines: list[str]) -> tuple[list[str], list[str]]:
    for number, line in enumerate(lines):
        if markers.is_forward(line):
            return lines[:number], lines[number:]
    return lines, []


def _unquoted(lines: list[str]) -> tuple[list[str], list[str], Shape]:
    """Return the new lines, the quoted ones, and where the new ones stood."""
    end = _cut(lines)
    above, below = lines[:end], lines[end:]
    marks = _marks(above)
    if not any(marks):
        return above, below, "top" if _has_text(below) else "plain"
    first = marks.index(True)
    last = len(marks) - 1 - marks[::-1].index(True)
    before, after = above[:first], above[last + 1 :]
    among = [line for line, mark in zip(above[first : last + 1], marks[first : last + 1], strict=True) if not mark]
    quoted = [line for line, mark in zip(above, marks, strict=True) if mark] + below
    if _has_text(among) or (_has_text(before) and _has_text(_signature(after)[0])):
        kept = [line for line, mark in zip(above, marks, strict=True) if not mark]
        return kept, quoted, "inline"
    if _has_text(before):
        return [*before, *after], quoted, "top"
    if _has_text(after) and after[0].strip():
        # Directly below a quote, without a blank line: it can be the rest of a quoted line that was wrapped.
        return after, quoted, "inline"
    return after, quoted, "bottom"


def _cut(lines: list[str]) -> int:
    """Return the line from which on everything is quoted without being marked as such."""
    for number, line in enumerate(lines):
        following = lines[number : number + 12]
        if markers.is_own(line) and not markers.is_cited(line):
            return _with_attribution(lines, number)
        if markers.is_original(line):
            return number
        if markers.is_rule(line) and markers.header_block([found for found in following[1:] if found.strip()]):
            return number
        if markers.header_block(following):
            return number
        count = markers.attribution(following)
        if count and not _cited_next(lines[number + count :]):
            return number
    return len(lines)


def _marks(lines: list[str]) -> list[bool]:
    """Say of each line whether it belongs to a quote: cited, or the attribution right above a cited one."""
    marks = [markers.is_cited(line) for line in lines]
    for number in range(len(lines)):
        if marks[number] or not lines[number].strip():
            continue
        count = markers.attribution(lines[number : number + 4])
        if count and _cited_next(lines[number + count :]):
            marks[number : number + count] = [True] * count
    return marks


def _cited_next(lines: Sequence[str]) -> bool:
    """Whether the next line that is not blank is marked as quoted."""
    return any(markers.is_cited(line) for line in _first_text(lines))


def _first_text(lines: Sequence[str]) -> list[str]:
    for line in lines[:6]:
        if line.strip():
            return [line]
    return []


def _with_attribution(lines: list[str], end: int) -> int:
    """Take the attribution above our own line along: some programs put no mark before either."""
    for start in range(max(0, end - 8), end):
        count = markers.attribution(lines[start:end])
        if count and not _has_text(lines[start + count : end]):
            return start
        if markers.header_block(lines[start:end]) or markers.is_original(lines[start]):
            return start
        if markers.is_rule(lines[start]) and not _has_text(lines[start + 1 : end]):
            return start
    return end


def _signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """Cut a signature off: below `-- `, or what the program itself added at the end."""
    for number, line in enumerate(lines):
        if line.strip() in {"--", "\u2014"} and number + 1 < len(lines) and len(lines) - number <= 15:
            return lines[:number], lines[number:]
    end = len(lines)
    while end and (not lines[end - 1].strip() or markers.is_aside(lines[end - 1])):
        end -= 1
    return lines[:end], lines[end:]


def _has_text(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)


def _join(lines: Sequence[str]) -> str:
    return "\n".join(lines).strip("\n").strip()
