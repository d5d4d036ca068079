"""What CSS hides: declarations that leave a text in the page and nothing of it on the screen."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MOST_RULES = 200
_LONGEST = 60_000  # characters of one style sheet
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)")
_HEX = re.compile(r"#([0-9a-f]{3,8})")
_NAMED = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "green": (0, 128, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "yellow": (255, 255, 0),
}
_NEAR = 40  # colours closer than this, summed over red, green and blue, cannot be told apart when reading
_FAR = -200.0  # pixels: moved so far to the left or up, a text is off the screen
_SIDES = ("left", "top", "margin-left", "margin-top", "text-indent", "right", "bottom")

Colour = tuple[int, int, int]
Style = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A selector and what it sets."""

    selector: str
    style: Style


def declarations(text: str) -> dict[str, str]:
    """Read `name: value; ...` into lower case; a later one wins, but never one that shows over one that hides."""
    found: dict[str, str] = {}
    for part in re.sub(r"/\*.*?(?:\*/|\Z)", " ", text[:_LONGEST], flags=re.DOTALL).split(";"):
        name, colon, value = part.partition(":")
        if colon:
            name, value = name.strip().lower(), " ".join(value.lower().replace("!important", "").split())
            if not (name in found and hides({name: found[name]})):
                found[name] = value
    return found


def rules(sheet: str) -> Iterator[Rule]:
    """Read a style sheet flat: what only some screens hide counts as hidden, because nobody knows the reader's."""
    text = re.sub(r"/\*.*?(?:\*/|\Z)", " ", sheet[:_LONGEST], flags=re.DOTALL).replace("<!--", " ").replace("-->", " ")
    for chunk in text.split("}")[: 10 * MOST_RULES]:
        selector, brace, body = chunk.rpartition("{")
        if brace:
            for one in selector.rpartition("{")[2].split(","):
                if one.strip() and not one.strip().startswith("@"):
                    yield Rule(one.strip(), declarations(body))


def hides(style: Style) -> bool:
    """Whether these declarations alone make a text invisible."""
    if style.get("display") == "none" or style.get("visibility") in {"hidden", "collapse"}:
        return True
    if _under(style, "opacity", 0.15) or _under(style, "font-size", 3.0) or _font_is_tiny(style.get("font", "")):
        return True
    if "content-visibility" in style and style["content-visibility"] == "hidden":
        return True
    clipped = "hidden" in style.get("overflow", "") or "hidden" in style.get("overflow-y", "")
    if any(_under(style, f"max-{side}", 3.0) for side in ("height", "width")):
        return True
    if clipped and any(_under(style, side, 3.0) for side in ("height", "width", "line-height")):
        return True
    if any((value := _pixels(style.get(side, ""))) is not None and value <= _FAR for side in _SIDES):
        return True
    moved = style.get("transform", "").replace(" ", "")
    if re.search(r"scale[xy3d]{0,2}\(0(?:\.0\d*)?[,)]", moved) or re.search(r"translate[xy]?\([^)]*-\d{3,}", moved):
        return True
    cut = style.get("clip", "") + style.get("clip-path", "")
    if re.search(r"rect\(\s*[01](?:px)?[\s,]+[01](?:px)?[\s,]+[01]|inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0", cut):
        return True
    if re.search(r"opacity\(\s*0", style.get("filter", "")):
        return True
    return "transparent" in (style.get("color"), style.get("-webkit-text-fill-color")) or _is_clear(style)


def colour(text: str) -> Colour | None:
    """Read a colour; None if it is none, or not one that is known here."""
    for word in [text.strip(), *text.split()]:
        if word in _NAMED:
            return _NAMED[word]
        if match := _HEX.fullmatch(word):
            digits = match[1] if len(match[1]) >= 6 else "".join(2 * digit for digit in match[1])
            return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
    if text.strip().startswith("rgb"):
        numbers = [round(float(found[:6])) for found in _NUMBER.findall(text)[:3]]
        if len(numbers) == 3:
            return numbers[0], numbers[1], numbers[2]
    return None


def same(one: Colour, other: Colour) -> bool:
    """Whether a text in one colour cannot be read on the other."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < _NEAR


def _is_clear(style: Style) -> bool:
    """Whether the text's own colour has no opacity: rgba(..., 0) or #rrggbb00."""
    text = style.get("color", "")
    if text.startswith(("rgba", "rgb")):
        numbers = _NUMBER.findall(text)
        return len(numbers) == 4 and float(numbers[3][:6]) < 0.15
    match = _HEX.fullmatch(text)
    return match is not None and len(match[1]) in {4, 8} and match[1][3 if len(match[1]) == 4 else 6] == "0"


def _under(style: Style, name: str, least: float) -> bool:
    value = _pixels(style.get(name, ""))
    return value is not None and value < least


def _font_is_tiny(font: str) -> bool:
    match = re.search(r"(?:^|\s)(\d*\.?\d+(?:px|pt|em|rem|%)?)(?:/|\s)", font)
    size = _pixels(match[1]) if match else None
    return size is not None and size < 3.0


def _pixels(value: str) -> float | None:
    """Return a length in pixels, or a bare number as it is; None for keywords and the like."""
    match = _NUMBER.match(value.strip())
    if match is None:
        return None
    unit = value.strip()[match.end() :].split("/")[0].strip()
    scale = {"": 1.0, "px": 1.0, "pt": 1.33, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "%": 0.16, "vw": 10.0}
    factor = scale.get(unit)
    return None if factor is None else float(match[0][:12]) * factor
