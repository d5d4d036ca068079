"""The corpus of mails: files of mails as programs write them, each with what is to be understood of it.

`@@ name` begins a mail, `@: Field: value` adds a header field or replaces one, and the body follows, written as text:
its charset and its transfer encoding are those that the header names. `@= new` begins the new text that is expected,
whose end is the next line with `@`; `@kind`, `@refusal`, `@decision`, `@forwarded` and `@quoted` expect more (the last
two a part of it).
"""

import base64
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.channels.email.mails import PASS, mail

FOLDER = Path(__file__).with_name("corpus")
_FIELD = re.compile(r"@: ([\w-]+): ?(.*)")


@dataclass
class Case:
    """One mail and what is expected of it."""

    name: str
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: str = ""
    new_text: str | None = None
    expected: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def raw(self) -> bytes:
        """The mail as it was sent."""
        kind = self.headers.get("Content-Type", "text/plain; charset=utf-8")
        named = re.search(r"charset=\"?([\w-]+)", kind)
        data = self.body.replace("\n", "\r\n").encode(self.headers.get("X-Really", named[1] if named else "utf-8"))
        match self.headers.get("Content-Transfer-Encoding", "").lower():
            case "base64":
                data = base64.encodebytes(data)
            case "quoted-printable":
                data = quopri.encodestring(data)
            case _:
                pass
        more = {"Content-Type": kind, **{name: value for name, value in self.headers.items() if name != "X-Really"}}
        return mail(data, more=more, auth=PASS)


def cases(*names: str) -> list[Case]:
    """The mails of these files, or of all of them."""
    files = [FOLDER / f"{name}.mails" for name in names] or sorted(FOLDER.glob("*.mails"))
    return [case for path in files for case in _read(path)]


def _read(path: Path) -> Iterator[Case]:
    for chunk in path.read_text(encoding="utf-8").split("\n@@ ")[0:]:
        yield _case(path.stem, chunk.removeprefix("@@ ").split("\n"))


def _case(stem: str, lines: list[str]) -> Case:
    case = Case(f"{stem}: {lines[0].strip()}")
    body: list[str] = []
    new: list[str] | None = None
    for line in lines[1:]:
        if new is None and (match := _FIELD.fullmatch(line)):
            case.headers[match[1]] = match[2].replace("\\n", "\r\n")
        elif line == "@= new":
            new = []
        elif new is not None and line.startswith("@"):
            name, _, value = line[1:].partition(" ")
            case.expected[name] = value
        else:
            (body if new is None else new).append(line)
    case.body = "\n".join(body)
    case.new_text = None if new is None else "\n".join(new).strip()
    return case
