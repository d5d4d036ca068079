"""Mails as HTML: plain markup that every program shows, light and dark, in which nothing decides by being followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from bot.places import Card, Decision
from bot.visible import line, readable
from channels.email.cards import Section, card_title, facts, outcome, reason_heading, small_print
from channels.email.fields import field_lines
from channels.email.markdown import QUOTE, VALUE, html_of
from channels.email.offers import Offer, offer_of, ways

_STYLE = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media (prefers-color-scheme:dark){body,.page{background:#1b1b1d!important}"
    ".page,.page td{color:#ececec!important}.value{background:#2a2a2d!important;color:#ececec!important}"
    ".cell{border-color:#52525b!important}.link{color:#93c5fd!important}.small{color:#a8a8a8!important}}"
)
_FONT = "font-family:-apple-system,Segoe UI,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5"
_GREEN, _RED, _BLUE, _GREY = "#15803d", "#b91c1c", "#1d4ed8", "#52525b"
_LONGEST_LINK = 1_200  # characters of a prefilled mail; some programs cut a longer link off
_BUTTON = (
    "display:inline-block;margin:0 0 8px;padding:9px 18px;border-radius:6px;color:#ffffff;text-decoration:none;"
    "font-weight:600"
)


def text_page(markdown: str, marker: str = "") -> str:
    """Return standard Markdown as a page. HTML in it is shown as text; pictures are not fetched."""
    shown = html_of(readable(markdown))
    return _page(readable(shown), marker)  # again: in Markdown, `&#x202E;` is a character that nobody sees


@dataclass(frozen=True, slots=True)
class Answering:
    """Where answers to a card go, under which subject, and the line above which they are written."""

    address: str
    subject: str
    marker: str


def card_page(card: Card, call: Sequence[Section], answering: Answering, warning: str = "") -> str:
    """Return a request as a page, with buttons that begin a mail to the reply address."""
    return _page(card_part(card, call, answering, warning), answering.marker)


def batch_page(title: str, how: str, parts: Sequence[str], marker: str) -> str:
    """Return several requests and outcomes as one page."""
    rule = '<hr style="border:0;border-top:1px solid #d4d4d8;margin:22px 0">'
    top = f"<p><strong>{_text(title)}</strong></p><p>{_text(how)}</p>"
    return _page(rule.join([top, *parts]), marker)


def outcome_part(decision: Decision) -> str:
    """Return what became of one of several requests, as a part of a page."""
    return f"<p><strong>{_text(outcome(decision))}</strong></p>"


def card_part(card: Card, call: Sequence[Section], answering: Answering, warning: str = "", told: str = "") -> str:
    """Return a request as a part of a page; `told` is said below what it is about."""
    offer = offer_of(card)
    parts = [f'<h1 style="font-size:19px;margin:0 0 6px">{_text(card_title(card))}</h1>', _small(*facts(card))]
    parts += [_small(told)] if told else []
    parts += [f"<p>{_text(text)}</p>" for text in (warning, card.warning, card.text) if text.strip()]
    parts += [f"<p><em>{_text(card.context)}</em></p>"] if card.context.strip() else []
    parts.append(_sections(call))
    if card.why.strip():
        said = f'<blockquote style="{QUOTE}">{_text(card.why)}</blockquote>'
        parts.append(f"<p><strong>The agent's words, which nobody has checked:</strong></p>{said}")
    parts += [*_buttons(offer, answering), *_ways(offer), _small(small_print(card))]
    return "".join(parts)


def decision_page(decision: Decision, call: Sequence[Section], warning: str = "") -> str:
    """Return what became of a request as a page."""
    parts = [f"<p><strong>{_text(outcome(decision))}</strong></p>"]
    parts += [f"<p>{_text(warning)}</p>"] if warning else []
    if decision.reason.strip():
        said = f'<blockquote style="{QUOTE}">{_text(decision.reason)}</blockquote>'
        parts.append(f"<p>{reason_heading(decision)}:</p>{said}")
    small = f"{decision.at:%Y-%m-%d %H:%M} UTC. It needs no answer any more."
    return _page("".join([*parts, _sections(call), _small(small)]))


def mailto(address: str, subject: str, body: str) -> str:
    """Return a link that begins a mail (RFC 6068): spaces as %20, lines ended by %0D%0A."""
    text = quote(body.replace("\n", "\r\n"), safe="")
    return f"mailto:{quote(address, safe='@+')}?subject={quote(subject, safe='')}&body={text}".replace("+", "%2B")


def _page(inner: str, marker: str = "") -> str:
    above = f'<p class="small" style="color:#71717a;font-size:12px">{_text(marker)}</p>' if marker else ""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f'<meta name="supported-color-schemes" content="light dark"><style>{_STYLE}</style></head>'
        '<body style="margin:0;padding:0"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
        f'class="page" style="background:#ffffff"><tr><td style="padding:16px;color:#18181b;{_FONT}">'
        f"{above}{inner}</td></tr></table></body></html>"
    )


def _sections(call: Sequence[Section]) -> str:
    parts: list[str] = []
    for section in call:
        parts.append(f'<p style="margin:14px 0 4px"><strong>{_text(section.heading)}</strong></p>')
        parts += [f"<div>{_text(name)}</div>{_value(text)}" for name, text in section.pairs]
    return "".join(parts)


def _buttons(offer: Offer, answering: Answering) -> list[str]:
    links = [
        f'<a href="{escape(mailto(answering.address, answering.subject, body))}" '
        f'style="{_BUTTON};background:{colour}">{_text(label)}</a>'
        for label, body, colour in _offered(offer)
    ]
    return [f'<p style="margin:18px 0">{"&nbsp; ".join(links)}</p>'] if links else []


def _offered(offer: Offer) -> list[tuple[str, str, str]]:
    """The buttons: what they are called, what the mail that they begin says, and their colour."""
    if offer.is_free_text:
        return [("Answer", "", _BLUE)]
    asking = [] if offer.kind == "stuck" else [("Ask first", "", _GREY)]
    if not offer.by_mail:
        return asking
    if offer.kind == "approval":
        change = [("Change", f"edit\n{body}", _BLUE)] if (body := _prefilled(offer)) else []
        return [("Approve", "approve", _GREEN), ("Reject", "reject ", _RED), *change, *asking]
    numbered = enumerate(offer.labels, 1)
    return [*((line(label, 60), str(number), _BLUE) for number, label in numbered), *asking]


def _prefilled(offer: Offer) -> str:
    """The fields as they are, as many as a link can carry; one that is left out stays as it is."""
    found: list[str] = []
    for field in offer.fields:
        text = field_lines(field)
        if len(quote("\n".join([*found, text]).replace("\n", "\r\n"))) <= _LONGEST_LINK:
            found.append(text)
    return "\n".join(found)


def _ways(offer: Offer) -> list[str]:
    parts: list[str] = []
    for way in ways(offer):
        listed = "".join(f"<br>&nbsp;&nbsp;{_text(text)}" for text in way.listed)
        parts.append(f'<p style="margin:8px 0">{_text(way.text)}{listed}</p>')
        parts += [_value(way.copied)] if way.copied else []
    return parts


def _value(text: str) -> str:
    return f'<div class="value" style="{VALUE}">{escape(text)}</div>'


def _small(text: str) -> str:
    return f'<p class="small" style="color:#71717a;font-size:12px">{_text(text)}</p>'


def _text(text: str) -> str:
    return escape(readable(text).strip()).replace("\n", "<br>")
