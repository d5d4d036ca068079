"""The grammar of decisions: what a reply decides, if it says that and nothing else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from channels.email.mail import Said
from channels.email.markers import is_aside

_WORDS = re.compile(r"(?<!\w)(?:approved?|reject(?:ed)?|deny|denied)(?!\w)", re.IGNORECASE)
_APPROVE = frozenset({"approve", "approved"})
_REJECT = re.compile(r"(?:reject(?:ed)?|deny|denied)(?!\w)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
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


@dataclass(frozen=True, slots=True)
class Understood:
    """What a reply says: approve, reject with a reason, an option of those given, or nothing that decides."""

    answer: Literal["approve", "reject", "choose", "none"]
    reason: str = ""
    option: str = ""


NOTHING = Understood("none")


def approval(said: Said, name: str = "") -> Understood:
    """Read a reply to an approval; `name` is the sender's, which may stand below as a signature.

    `approve` counts only alone. `reject` counts alone or as the first word; the rest is the reason. Two decision
    words, text among quotes, or a forwarded part: nothing is decided.
    """
    text = _own_words(said, name)
    if text is None or len(_WORDS.findall(text)) != 1 or _WORDS.search(said.signature):
        return NOTHING
    if _bare(text) in _APPROVE:
        return Understood("approve")
    match = _REJECT.fullmatch(text.strip(_BEFORE))
    if match is None or match["rest"].lstrip().startswith("?"):
        return NOTHING
    reason = match["rest"].strip().lstrip(_AFTER).strip()
    return Understood("reject", reason=reason)


def choice(said: Said, options: Sequence[str], labels: Sequence[str] = (), name: str = "") -> Understood:
    """Read a reply to a question with options: one of them by its words, its label or its number, and nothing else.

    To `yes` and `no`, ok and lgtm are a yes.
    """
    text = _own_words(said, name)
    if text is None:
        return NOTHING
    bare = _bare(text)
    found = {index for index, option in enumerate(options) if bare == _bare(option)}
    found |= {index for index, label in enumerate(labels) if bare == _bare(label)}
    if set(options) == {"yes", "no"}:
        found |= {options.index("yes")} if bare in _YES else set()
        found |= {options.index("no")} if bare in _NO else set()
    elif bare.isascii() and bare.isdigit() and len(bare) < 4 and 1 <= int(bare) <= len(options) and not found:
        found = {int(bare) - 1}
    return Understood("choose", option=options[found.pop()]) if len(found) == 1 else NOTHING


def _own_words(said: Said, name: str) -> str | None:
    """Return the text without asides and the sender's own name; None where text among quotes decides nothing."""
    if said.shape == "inline" or said.forwarded or not said.new_text:
        return None
    lines = [line for line in said.new_text.split("\n") if not is_aside(line)]
    return "\n".join(_without_sign_off(lines, name)).strip()


def _without_sign_off(lines: list[str], name: str) -> list[str]:
    """Cut `Best regards, Rob` off: a closing word, the sender's own name, or both, and nothing else below."""
    own = {word for word in re.split(r"[\W_]+", name.casefold()) if word}
    end = len(lines)
    while end > 1:
        words = {word for word in re.split(r"[\W_]+", lines[end - 1].casefold()) if word}
        if words and not (words <= own or _CLOSING.fullmatch(lines[end - 1].strip())):
            break
        end -= 1
    return lines[:end]


def _bare(text: str) -> str:
    """Return the text in lower case without punctuation around it. A question mark or dots stay: they are doubt."""
    if "..." in text or "…" in text:
        return text.lower()
    return " ".join(_THUMBS_UP.sub("", text).strip(_AROUND).lower().split())
