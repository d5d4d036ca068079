"""Mails as HTML: plain markup that every program shows, light and dark, in which nothing decides by being followed."""

from functools import cache
from html import escape
from urllib.parse import quote

from markdown_it import MarkdownIt

from bot.places import Card, Decision
from bot.visible import line, readable
from channels.email.cards import card_title, facts, how_to, labels, outcome, sections, small_print

_STYLE = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "@media (prefers-color-scheme:dark){.page{background:#1b1b1d!important}.page,.page td{color:#ececec!important}"
    ".value{background:#2a2a2d!important;color:#ececec!important}.small{color:#a8a8a8!important}}"
)
_FONT = "font-family:-apple-system,Segoe UI,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5"
_VALUE = (
    "margin:2px 0 8px;padding:6px 8px;background:#f4f4f5;color:#18181b;border-radius:4px;white-space:pre-wrap;"
    "word-break:break-word;font-family:Menlo,Consolas,monospace;font-size:13px"
)
_SAID = "margin:0;padding-left:10px;border-left:3px solid #a1a1aa"
_BUTTON = "display:inline-block;padding:9px 18px;border-radius:6px;color:#ffffff;text-decoration:none;font-weight:600"


def text_page(markdown: str, marker: str = "") -> str:
    """Return standard Markdown as a page. HTML in it is shown as text; pictures are not fetched."""
    return _page(_markdown().render(readable(markdown)), marker)


def card_page(card: Card, address: str, subject: str, marker: str) -> str:
    """Return a request as a page, with buttons that begin a mail to the reply address."""
    parts = [f'<h1 style="font-size:19px;margin:0 0 6px">{_text(card_title(card))}</h1>', _small(*facts(card))]
    parts += [f"<p>{_text(text)}</p>" for text in (card.warning, card.text) if text.strip()]
    parts += [f"<p><em>{_text(card.context)}</em></p>"] if card.context.strip() else []
    parts.append(_sections(card))
    if card.why.strip():
        said = f'<blockquote style="{_SAID}">{_text(card.why)}</blockquote>'
        parts.append(f"<p><strong>The agent's words, which nobody has checked:</strong></p>{said}")
    parts += [_buttons(card, address, subject), f"<p>{_text(how_to(card))}</p>", _small(small_print(card))]
    return _page("".join(parts), marker)


def decision_page(decision: Decision) -> str:
    """Return what became of a request as a page."""
    reason = f"<p>{_text(decision.reason)}</p>" if decision.reason.strip() else ""
    small = f"{decision.at:%Y-%m-%d %H:%M} UTC. It needs no answer any more."
    return _page(f"<p><strong>{_text(outcome(decision))}</strong></p>{reason}{_sections(decision.card)}{_small(small)}")


def mailto(address: str, subject: str, body: str) -> str:
    """Return a link that begins a mail (RFC 6068): spaces as %20, lines ended by %0D%0A."""
    text = quote(body.replace("\n", "\r\n"), safe="")
    return f"mailto:{quote(address, safe='@+')}?subject={quote(subject, safe='')}&body={text}".replace("+", "%2B")


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")


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


def _sections(card: Card) -> str:
    parts: list[str] = []
    for heading, pairs in sections(card):
        parts.append(f'<p style="margin:14px 0 4px"><strong>{_text(heading)}</strong></p>')
        parts += [
            f'<div>{_text(name)}</div><div class="value" style="{_VALUE}">{escape(text)}</div>' for name, text in pairs
        ]
    return "".join(parts)


def _buttons(card: Card, address: str, subject: str) -> str:
    if card.request_kind == "approval":
        offered = [("Approve", "approve", "#15803d"), ("Reject", "reject ", "#b91c1c")]
    elif card.format == "free_text":
        offered = [("Answer", "", "#1d4ed8")]
    else:
        found = labels(card.request_kind, card.options)
        offered = [(line(label, 60), str(number), "#1d4ed8") for number, label in enumerate(found, 1)]
    links = [
        f'<a href="{escape(mailto(address, subject, body))}" style="{_BUTTON};background:{colour}">{_text(label)}</a>'
        for label, body, colour in offered
    ]
    return f'<p style="margin:18px 0">{"&nbsp; ".join(links)}</p>'


def _small(text: str) -> str:
    return f'<p class="small" style="color:#71717a;font-size:12px">{_text(text)}</p>'


def _text(text: str) -> str:
    return escape(readable(text).strip()).replace("\n", "<br>")
