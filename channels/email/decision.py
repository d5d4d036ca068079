"""The grammar of decisions: what a reply decides, if it says that and nothing else."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.bodies import AnswerKind
from bot.durations import duration, parse_duration
from channels.email.asides import is_aside
from channels.email.fields import MARK, read_fields
from channels.email.mail import Said
from channels.email.offers import Offer

_WORDS = re.compile(r"(?<!\w)(?:approved?|reject(?:ed)?|deny|denied)(?!\w)", re.IGNORECASE)
_ALONE = frozenset({"approve", "approved", "reject", "rejected", "deny", "denied"})
_APPROVE = re.compile(r"approved?(?:\s+for\s+(?P<span>[0-9][0-9a-z ]{0,60}))?")
_REJECT = re.compile(r"(?:reject(?:ed)?|deny|denied)(?!\w)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_INTERNAL = re.compile(r"[\W_]*internal[^\S\n]*[*_)\]]*\s*:(?P<rest>.*)", re.IGNORECASE)
_INTERNAL_ANYWHERE = re.compile(r"\binternal\W{0,3}:", re.IGNORECASE)
_GIVE = re.compile(
    r"give\s+(?:(?:this|it)\s+)?to(?:\s*:\s*(?P<to>[^\n]{1,300})|\s+(?P<one>[^\s:]{1,300}))", re.IGNORECASE
)
_IN_ANGLES = re.compile(r"<([^<>\s]+@[^<>\s]+)>")
_UNIT = re.compile(
    r" ?(?:(?P<s>seconds?|secs?)|(?P<m>minutes?|mins?)|(?P<h>hours?|hrs?)|(?P<d>days?)|[smhd])(?![a-z]) ?"
)
_YES = frozenset({"yes", "ok", "okay", "lgtm"})
_NO = frozenset({"no"})
_AROUND = " \t\n.!,;:*_\"'`“”‘’«»()\u200b\u2060"  # noqa: RUF001
_BEFORE = " \t\n*_\"'“‘«\u200b"  # noqa: RUF001
_AFTER = "*_.,:;!-\u2013\u2014\"' "
_THUMBS_UP = re.compile("\U0001f44d[\U0001f3fb-\U0001f3ff]?\ufe0f?|:\\+1:|\\(y\\)", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:(?:best|kind|warm|many)?\s*(?:regards|wishes|thanks)|best|thanks|thank you|cheers|sincerely|"
    r"(?:mit )?(?:freundlichen|besten|vielen|viele|liebe|beste)\s+(?:grüßen|gruessen|grüße|gruesse|gruß|dank)|danke|"
    r"lg|vg|mfg|(?:bien )?cordialement|merci|saludos|un saludo|gracias|cordiali saluti|grazie|"
    r"atenciosamente|obrigad[oa]|groeten|met vriendelijke groet|hälsningar|mvh|hilsen|terveisin|pozdrawiam)[\s,.!]*",
    re.IGNORECASE,
)
_MIXED = (
    "A mail either decides or changes something. Reply with the lines of the form `name: value` alone; "
    "what you change is asked again, and somebody else approves it."
)
_KEPT_IN = (
    "Part of your mail begins with `internal:`, so I kept all of it back from the agent, but it is no clear decision."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the core's terms; see `bot.port.AnswerInbound`."""

    answer: AnswerKind
    option: str | None = None
    text: str = ""
    internal: str = ""
    edits: Mapping[str, str] = field(default_factory=dict[str, str])
    to: str = ""
    grant_s: int = 0


@dataclass(frozen=True, slots=True)
class Unclear:
    """Words that were meant to decide and cannot: nothing is decided, nothing is passed on, and `why` is told."""

    why: str


def approval(said: Said, offer: Offer, name: str = "") -> Answer | Unclear | None:
    """Read a reply to an approval; `name` is the sender's, which may stand below as a signature.

    `approve` counts only alone. `reject` counts alone or as the first word; the rest is the reason. Field lines count
    if there is nothing else. Two decision words, text among quotes, or a forwarded part: None, nothing is decided.
    """
    lines = own_lines(said, name)
    text = "\n".join(lines).strip()
    if not text or _WORDS.search(said.signature):
        return None
    found = _rejected(text, offer) or _edited(lines, offer) or _approved(text, offer) or given(said, name)
    if found is None and offer.outside and any(_INTERNAL.match(line) for line in lines):
        return Unclear(_KEPT_IN)
    return found


def choice(said: Said, offer: Offer, name: str = "") -> Answer | None:
    """Read a reply to a question with options: one of them by its words, its label or its number, and nothing else.

    To `yes` and `no`, ok and lgtm are a yes.
    """
    bare = _bare("\n".join(own_lines(said, name)))
    options = offer.options
    found = {index for index, option in enumerate(options) if bare and bare == _bare(option)}
    found |= {index for index, label in enumerate(offer.labels) if bare and bare == _bare(label)}
    if set(options) == {"yes", "no"}:
        found |= {options.index("yes")} if bare in _YES else set()
        found |= {options.index("no")} if bare in _NO else set()
    elif bare.isascii() and bare.isdigit() and len(bare) < 4 and 1 <= int(bare) <= len(options) and not found:
        found = {int(bare) - 1}
    return Answer("choose", option=options[found.pop()]) if len(found) == 1 else None


def given(said: Said, name: str = "") -> Answer | None:
    """Read `give to: Bo`, alone: by name, id or address, which the core looks up. One word needs no colon."""
    match = _GIVE.fullmatch("\n".join(own_lines(said, name)).strip(_BEFORE).rstrip(" \t\n.!*_\"'"))
    if match is None:
        return None
    person = (match["to"] or match["one"]).strip()
    address = _IN_ANGLES.search(person)
    return Answer("give", to=address[1] if address else person) if person else None


def own_lines(said: Said, name: str) -> list[str]:
    """Return the lines without asides and the sender's own name; none where text among quotes decides nothing."""
    if said.shape == "inline" or said.forwarded or not said.new_text:
        return []
    lines = [line for line in said.new_text.split("\n") if not is_aside(line)]
    return _without_sign_off(lines, name)


def _approved(text: str, offer: Offer) -> Answer | Unclear | None:
    match = _APPROVE.fullmatch(_bare(text))
    if match is None or len(_WORDS.findall(text)) != 1:
        return None
    if match["span"] is None:
        return Answer("approve")
    try:
        wanted = parse_duration(_UNIT.sub(lambda unit: unit.lastgroup or unit[0].strip(), match["span"]))
    except ValueError:
        return None
    if not offer.may_grant_s:
        return Unclear("This call cannot be let run again without asking: you can only approve it as it is, once.")
    if wanted > offer.may_grant_s:
        return Unclear(f"This call can be let run without asking for {duration(offer.may_grant_s)} at most.")
    return Answer("approve", grant_s=wanted)


def _rejected(text: str, offer: Offer) -> Answer | Unclear | None:
    match = _REJECT.fullmatch(text.strip(_BEFORE))
    if match is None or match["rest"].lstrip().startswith("?"):
        return None
    quotable, internal = _parts(match["rest"]) if offer.outside else (match["rest"], "")
    reason = quotable.strip().lstrip(_AFTER).strip()
    preset = _preset(reason, offer.reject_reasons)
    if offer.outside and _INTERNAL_ANYWHERE.search(quotable):
        return Unclear("Begin a new line with `internal:`, so that it is clear what may be told to the customer.")
    if isinstance(preset, str):
        return Answer("reject", text=preset, internal=internal)
    if len(_WORDS.findall(text)) != 1:
        return None
    return preset or Answer("reject", text=reason, internal=internal)


def _preset(reason: str, presets: Sequence[str]) -> str | Unclear | None:
    """Return the listed reason that is meant, by its words or its number; None if the reason is the sender's own."""
    bare = _bare(reason)
    number = bare.lstrip("#")
    if not presets or not bare:
        return None
    for preset in presets:
        if bare == _bare(preset):
            return preset
    if not (number.isascii() and number.isdigit()):
        return None
    if len(number) < 4 and 1 <= int(number) <= len(presets):
        return presets[int(number) - 1]
    return Unclear(f"There is no reason with that number; they go from 1 to {len(presets)}.")


def _parts(reason: str) -> tuple[str, str]:
    """Part a reason: what may be quoted, and what begins with `internal:`, up to the next blank line.

    Not only that one line: programs break long lines, and the rest of it must not be told to a customer.
    """
    quotable: list[str] = []
    internal: list[str] = []
    within = False
    for line in reason.split("\n"):
        match = _INTERNAL.fullmatch(line)
        within = match is not None or (within and line.strip() != "")
        (internal if within else quotable).append(match["rest"].lstrip(_AFTER).strip() if match else line)
    return "\n".join(quotable), "\n".join(internal).strip()


def _edited(lines: Sequence[str], offer: Offer) -> Answer | Unclear | None:
    found = read_fields(lines, offer.fields)
    if found is None:
        return None
    if any(_APPROVE.fullmatch(_bare(line)) or _bare(line) in _ALONE for line in lines):
        return Unclear(_MIXED)
    if found.other:
        return Unclear(_MIXED) if any(map(_WORDS.search, found.other)) else None
    if found.problems:
        return Unclear(f"I could not read your changes: {'; '.join(found.problems)}.")
    return Answer("edit", edits=found.values) if found.values else Unclear("Your values are those that it has already.")


def _without_sign_off(lines: list[str], name: str) -> list[str]:
    """Cut `Best regards, Rob` off: a closing word, the sender's own name, or both, and nothing else below."""
    own, end = _words(name), len(lines)
    while end > 1:
        last = lines[end - 1].strip()
        closing = _CLOSING.match(last)
        if last.startswith(MARK) or not _words(last[closing.end() :] if closing else last) <= own:
            break
        end -= 1
    return lines[:end]


def _words(text: str) -> set[str]:
    return {word for word in re.split(r"[\W_]+", text.casefold()) if word}


def _bare(text: str) -> str:
    """Return the text in lower case without punctuation around it. A question mark or dots stay: they are doubt."""
    if "..." in text or "…" in text:
        return text.lower()
    return " ".join(_THUMBS_UP.sub("", text).strip(_AROUND).lower().split())
