"""What somebody wrote themselves in a mail, apart from what their program quoted: quoted text is never an answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from channels.email import attributions, code, headblocks, markers
from channels.email.asides import split_end, without_banner
from channels.email.lines import ORIGINAL, SIGNED, flat, has_text, is_cited, trimmed
from channels.email.mail import Said, Shape

LONGEST = 100_000  # characters of a text that are read
_MOST_LINES = 4_000
_WIDE = 72  # columns: where programs that wrap quoted lines do it
_NEAR = 6  # lines between an attribution and what it speaks of


def split(text: str, *, forwards: bool = False) -> Said:
    """Take a mail's text apart. Linear in its length; text beyond the limit is not read.

    `forwards`: its subject says that it forwards a mail, so that a header block in it begins what is forwarded.
    """
    lines, signed = _lines(text)
    flats = [flat(line) for line in lines]
    _mark_bars(lines, flats)
    inside = code.inside(lines)
    end, is_forward = _end(lines, flats, inside, forwards=forwards)
    parts = _Parts(lines[:end], _marks(lines[:end], flats[:end], inside))
    below = lines[end:]
    quoted = [*parts.quoted, *([] if is_forward else below)]
    shape, new, signature = parts.judged(has_below=has_text(below))
    return Said(
        new_text=_join(new),
        quoted=_join(quoted),
        forwarded=_join(below if is_forward else []),
        signature=_join([*signature, *signed]),
        shape=shape,
    )


def _lines(text: str) -> tuple[list[str], list[str]]:
    """Return its lines, and apart from them those that a program marked as its sender's signature."""
    plain = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\ufeff", "")
    lines = [line.rstrip() for line in plain.split("\n", _MOST_LINES)[:_MOST_LINES]]
    return [line for line in lines if not line.startswith(SIGNED)], [
        line.removeprefix(SIGNED) for line in lines if line.startswith(SIGNED)
    ]


def _end(lines: Sequence[str], flats: Sequence[str], inside: Sequence[bool], *, forwards: bool) -> tuple[int, bool]:
    """Return the line from which on nothing is new without being marked as quoted, and whether it is forwarded."""
    for number, line in enumerate(flats):
        if not line or inside[number]:
            continue
        if markers.is_forward(line):
            return number, True
        if is_cited(lines[number]):
            continue
        if markers.is_own(line):
            return _above(lines, flats, number), False
        if lines[number].startswith(ORIGINAL):
            return number if forwards else _above(lines, flats, number), forwards
        if markers.is_original(line) and not _is_cited_below(lines, number + 1):
            return number, forwards
        if markers.is_rule(line):
            first = next((at for at in range(number + 1, min(number + 4, len(lines))) if flats[at]), number)
            if headblocks.starting_at(flats, first, announced=True):
                return number, forwards
        if headblocks.begins(line) and headblocks.starting_at(flats, number):
            return _below_rule(flats, number), forwards
        cited = _is_cited_below(lines, number + 1)
        if not cited and (count := attributions.ending_at(flats, number, cited_next=False)):
            return number + 1 - count, False
    return len(lines), False


def _mark_bars(lines: list[str], flats: Sequence[str]) -> None:
    """Mark what some programs quote with a bar: directly below an attribution only, since tables have bars too."""
    for number, line in enumerate(flats):
        first = next((at for at in range(number + 1, min(number + _NEAR, len(lines))) if flats[at]), number)
        if not lines[first].startswith("|") or first == number or not line.endswith(":"):
            continue
        if attributions.ending_at(flats, number, cited_next=True):
            for at in range(first, len(lines)):
                if not lines[at].startswith("|"):
                    break
                lines[at] = f">{lines[at][1:]}"


def _below_rule(flats: Sequence[str], number: int) -> int:
    """Return where a rule above this line stands, if there is one, else the line itself."""
    above = next((at for at in range(number - 1, max(-1, number - 3), -1) if flats[at]), number)
    return number if flats[above].strip("-_=*") or above == number else above


def _above(lines: Sequence[str], flats: Sequence[str], number: int) -> int:
    """Return where the attribution above this line begins, if there is one: some programs put no mark before it."""
    for above in range(number - 1, max(-1, number - _NEAR), -1):
        if not flats[above]:
            continue
        if count := attributions.ending_at(flats, above, cited_next=True):
            return above + 1 - count
        if markers.is_original(flats[above]) or markers.is_rule(flats[above]):
            return above
        start = above
        while start and flats[start - 1] and above - start < _NEAR:
            start -= 1
        return start if headblocks.starting_at(flats[: above + 1], start) else number
    return number


def _marks(lines: Sequence[str], flats: Sequence[str], inside: Sequence[bool]) -> list[bool]:
    """Say of each line whether it belongs to a quote: cited, the attribution above, or the rest of a wrapped line."""
    marks = [is_cited(line) and not among for line, among in zip(lines, inside, strict=False)]
    for number, line in enumerate(flats):
        if marks[number] or not line or inside[number] or not _is_cited_below(lines, number + 1):
            continue
        count = attributions.ending_at(flats, number, cited_next=True)
        if count or markers.is_original(line):
            start = number + 1 - max(count, 1)
            marks[start : number + 1] = [True] * (number + 1 - start)
        elif number and marks[number - 1] and is_cited(lines[number - 1]) and _was_wrapped(lines, number):
            marks[number] = True
    return marks


def _was_wrapped(lines: Sequence[str], number: int) -> bool:
    """Whether this is the end of the quoted line above it, which was too long for the program that sent it."""
    above, line = lines[number - 1], lines[number]
    goes_on = number + 1 < len(lines) and is_cited(lines[number + 1])
    return goes_on and len(above) + 1 + len(line.split(maxsplit=1)[0]) > _WIDE and len(line) < _WIDE


def _is_cited_below(lines: Sequence[str], start: int) -> bool:
    """Whether the next line that is not blank is marked as quoted."""
    return is_cited(next((line for line in lines[start : start + _NEAR] if line.strip()), ""))


@dataclass(frozen=True, slots=True)
class _Parts:
    """The lines above what is quoted without marks, with a mark for each that is quoted."""

    lines: Sequence[str]
    marks: Sequence[bool]

    @property
    def quoted(self) -> list[str]:
        return [line for line, mark in zip(self.lines, self.marks, strict=True) if mark]

    def judged(self, *, has_below: bool) -> tuple[Shape, list[str], list[str]]:
        """Return where the new lines stood, the new lines, and what stands below them as a signature or the like."""
        if not any(self.marks):
            new, signature = split_end(without_banner(list(self.lines)))
            return ("top" if has_below else "plain"), new, signature
        pieces = self._pieces()
        before, signature = split_end(without_banner(pieces[0]))
        after, more = split_end(pieces[-1])
        among = [split_end(piece)[0] for piece in pieces[1:-1]]
        kept = [piece for piece in (before, *among, after) if has_text(piece)]
        new = _joined(kept, pieces)
        signature = [*signature, *more]
        if any(map(has_text, among)) or (has_text(before) and has_text(after)):
            return "inline", new, signature
        if has_text(before):
            return "top", new, signature
        # Directly below a quote, without a blank line: it can be the rest of a quoted line that was wrapped.
        return ("inline" if has_text(after) and after[0].strip() else "bottom"), new, signature

    def _pieces(self) -> list[list[str]]:
        """Return what is new before, between and after the quotes: at least two pieces, which may be empty."""
        pieces: list[list[str]] = [[]]
        was_marked = False
        for line, mark in zip(self.lines, self.marks, strict=True):
            if mark and not was_marked:
                pieces.append([])
            if not mark:
                pieces[-1].append(line)
            was_marked = mark
        return pieces


def _joined(kept: Sequence[Sequence[str]], pieces: Sequence[Sequence[str]]) -> list[str]:
    """Put the pieces together: where a quote between them had blank lines around it, one of them stays."""
    spaced = any(piece and not piece[0].strip() for piece in pieces[1:])
    spaced = spaced or any(piece and not piece[-1].strip() for piece in pieces[1:-1])
    found: list[str] = []
    for number, piece in enumerate(kept):
        found += [""] if number and (spaced or (number == 1 and has_text(pieces[0]))) else []
        found += trimmed(piece)
    return found


def _join(lines: Sequence[str]) -> str:
    return "\n".join(line.replace(ORIGINAL, "") for line in lines).strip("\n").strip()
