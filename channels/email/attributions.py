"""Attributions: the lines by which a program says who wrote, and when, what it quotes below."""

import re
from collections.abc import Sequence

# ruff: noqa: RUF001  (these are words of languages in which those letters are at home)

_MOST_LINES = 4
_LONGEST = 300  # characters of one of its lines
_ADDRESS = re.compile(r"[<(\[] ?(?:mailto:)?[^\s<>()@]{1,200}@[^\s<>()@]{1,200} ?[>)\]]")
_TIME = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d{2}(?!\.?\d)|(?<!\d)\d{1,2} ?(?:am|pm|a\.m|p\.m)\b|\d{1,2} ?[時时点點시]")
_MONTH = r"(?:de |di |d')?[^\W\d_]{2,12}\.?,? (?:de |del )?"
_DATE = re.compile(
    r"(?<!\d)\d{1,4} ?[./-] ?\d{1,2} ?[./-] ?\d{2,4}(?!\d)|\d{4} ?[年년]|(?<!\d)(?:19|20)\d{2}\. ?[^\W\d_]{2,12}\.? "
    r"\d|"
    rf"(?<!\d)\d{{1,2}}(?:st|nd|rd|th|er|[.º])? {_MONTH}(?:19|20)\d{{2}}(?!\d)|"
    r"[^\W\d_]{2,12}\.? \d{1,2}(?:st|nd|rd|th|\.)?,? (?:19|20)\d{2}(?!\d)"
)
_VERB = re.compile(
    # Languages with spaces between words: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish,
    # Russian, Ukrainian, Bulgarian, the Scandinavian ones, Finnish, Estonian, Czech, Slovak, Hungarian, Turkish,
    # Romanian, Greek, Croatian and Serbian, Slovenian, Lithuanian, Latvian, Catalan, Indonesian, Vietnamese
    r"(?<!\w)(?:wrote|schrieb|geschrieben|écrit|ecrit|escribió|escribio|scritto|escreveu|schreef|geschreven|"
    r"pisze|(?:na)?pisał[ao]?|napisana|пишет|(?:на)?писала?|написано|пише|написав|написа|skrev|kirjoitti|kirjutas|"
    r"napsala?|píše|napísala?|írta|yazdı|yazdi|scris|έγραψε|napisala?|napisao|je pisao|написао|rašė|rakstīja|"
    r"va escriure|menulis|viết)(?!\w)|"
    # Japanese, Chinese, Korean, Hebrew, Arabic
    r"のメール|書きました|からのメッセージ|写道|寫道|写到|写信|來信|来信|작성|썼습니다|כתב|מאת|كتب|كتابة|"
    # Programs that say that they quote, instead
    r"^(?:quoting|zitat von|citando|citation de|quotazione|citat från|cytowanie)(?!\w)"
)
_OWN_WORDS = re.compile(
    r"(?<!\w)(?:(?:i|we|you) (?:\w+ )?wrote|schrieb(?:en|st)? (?:ich|wir|du|sie)|schreef (?:ik|je|jij|u)|"
    r"skrev (?:jag|jeg|vi|du)|(?:я|мы|ты|вы) (?:на)?писал|(?:as|like|what) \w+ (?:\w+ )?wrote)(?!\w)"
)
_WEEKDAY = (
    r"(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|gio|seg|"
    r"ter|"
    r"qua|qui|sex|ma|wo|vr|za|zo|pon|wt|śr|czw|pt|sob|niedz|пн|вт|ср|чт|пт|сб|вс|нд|mån|tis|ons|tors|fre|lör|sön|"
    r"man|tir|"
    r"tor|lør|søn|ke|to|pe|la|su|po|út|st|čt|pá|so|ne|ut|št|pi|κυρ|δευ|τρί|τετ|πέμ|παρ|σάβ)(?!\w)"
)
_LEAD = re.compile(
    r"\W{0,3}(?:(?:on|at|am|le|el|il|em|op|den|d\.|på|dnia|w dniu|dne|dňa|in data|no dia|în|la|στις|у|в|на|ngày|vào|"
    r"pada)(?: |,)(?=.{0,24}\d)|在|于|於|\d{1,4} ?[./-] ?\d{1,2} ?[./-]|\d{4} ?[年년.]|"
    rf"\d{{1,2}}\.? [^\W\d_]{{2,12}}\.? \d{{4}}|[^\W\d_]{{3,9}}\.? \d{{1,2}}, ?\d{{4}}|{_WEEKDAY}.{{0,6}}\d|"
    r"quoting |zitat von |wiadomość napisana|[^<>@:]{1,80}[<(][^\s<>@]{1,200}@)"
)
_NAMED = re.compile(r"[^\W\d_][\w.'-]*(?: [^\W\d_][\w.'-]*){0,3} ?:")
_NO_NAME = re.compile(
    r"(?:i|you|we|he|she|they|it|as|when|who|what|and|but|then|so|also|here|this|that|someone|somebody|people|ich|du|sie|"
    r"er|es|wir|man|wie|je|tu|il|elle|on|nous|vous|ils|yo|él|ella|usted|io|lui|lei|eu|ele|ela|ik|jij|hij|zij|ona|я|он|она|"
    r"они|вы|мы|jag|han|hon|jeg|hun|minä|hän|já)\W"
)


def has_time(text: str) -> bool:
    """Whether a flat text names an hour."""
    return _TIME.search(text) is not None


def ending_at(lines: Sequence[str], end: int, *, cited_next: bool) -> int:
    """Return how many lines up to this one are an attribution, 0 if none is. The lines are flat (see `lines.flat`).

    Programs wrap them, so up to four lines are looked at together. Where what follows is not marked as quoted, more
    must speak for it: a name alone, or a day without an hour, is what people write themselves.
    """
    if _unlike(lines[end]):
        return 0
    if not lines[end].rstrip("*_ ").endswith(":"):
        return int(_begins_line(lines[end]) or _is_framed(lines[end]))
    joined, satisfied = "", 0
    for count in range(1, min(_MOST_LINES, end + 1) + 1):
        line = lines[end - count + 1]
        if not line or _unlike(line):
            break
        joined = f"{line} {joined}".strip()
        if not _is_attribution(joined, cited_next=cited_next):
            continue
        satisfied = satisfied or count
        if _LEAD.match(line) and not _goes_on_from(lines, end - count, joined):
            return count
    return satisfied


def _is_attribution(text: str, *, cited_next: bool) -> bool:
    """Judge by what it names: an address, a day, an hour, and a word for writing."""
    if _OWN_WORDS.search(text):
        return False
    verb, day = _VERB.search(text) is not None, _DATE.search(text) is not None
    hour, address = _TIME.search(text) is not None, _ADDRESS.search(text) is not None
    if cited_next and not verb:
        return (day and hour) or (address and (day or hour))
    if cited_next and (address or day or hour):
        return True
    if address:
        return verb or (day and hour)
    if verb and hour and (day or _LEAD.match(text) is not None):
        return True
    return cited_next and verb and _is_named(text)


def _begins_line(text: str) -> bool:
    """Whether a line begins with all that an attribution can say, and what is quoted goes on in it, as with Yahoo."""
    address = _ADDRESS.search(text[:_LONGEST]) if _LEAD.match(text) else None
    if address is None:
        return False
    end = text.find(": ", address.end(), address.end() + 80)
    head = text[: end + 1]
    return end > 0 and all(pattern.search(head) for pattern in (_VERB, _DATE, _TIME)) and not _OWN_WORDS.search(head)


def _is_framed(line: str) -> bool:
    """Whether it stands between dashes, as with Zoho."""
    if not (line.startswith("---") and line.endswith("---")):
        return False
    return _is_attribution(f"{line.strip('- ')}:", cited_next=False)


def _is_named(text: str) -> bool:
    """Whether it is but a name and the word: `Ana Lopez wrote:`."""
    return _NAMED.fullmatch(text) is not None and _NO_NAME.match(text) is None


def _goes_on_from(lines: Sequence[str], above: int, below: str) -> bool:
    """Whether the line above belongs to it: it has the address or the day that is missing, and no punctuation."""
    if above < 0 or not lines[above] or _unlike(lines[above]):
        return False
    line = lines[above]
    if not _LEAD.match(line) or line.endswith((".", "!", "?", ":")):
        return False
    return any(part.search(line) and not part.search(below) for part in (_ADDRESS, _DATE))


def _unlike(line: str) -> bool:
    return line.startswith((">", "```", "- ", "* ")) or len(line) > _LONGEST
