"""How mail programs quote what they answer: the attribution line, the quoted text, and the HTML around both."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import escape

from bot.playground.mail.models import Client, Frozen


class Original(Frozen):
    """The mail that is answered."""

    name: str  # of its sender
    address: str
    to: str
    subject: str
    date: str
    text: str
    html: str

    @property
    def when(self) -> datetime:
        """When it was written, or the epoch if it does not say."""
        try:
            return parsedate_to_datetime(self.date)
        except ValueError:
            return datetime.fromtimestamp(0, UTC)

    @property
    def as_html(self) -> str:
        """Its HTML, or its text made into some."""
        return self.html or _lines(self.text)


def quoted(original: Original, text: str, client: Client) -> tuple[str, str | None]:
    """Return plain text and HTML of a reply whose new text stands on top, as this client lays it out."""
    when, name, address = original.when, original.name, original.address
    hour = f"{when:%I:%M %p}".lstrip("0")
    match client:
        case "gmail":
            line = f"On {when:%a, %b} {when.day}, {when.year} at {hour} {name} <{address}> wrote:"
            html = (
                f'<div dir="ltr">{_lines(text)}</div><br><div class="gmail_quote gmail_quote_container">'
                f'<div dir="ltr" class="gmail_attr">{escape(line)}<br></div>'
                '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
                'border-left:1px solid rgb(204,204,204);padding-left:1ex">'
                f"{original.as_html}</blockquote></div>"
            )
            return f"{text}\n\n{line}\n\n{_marked(original.text)}\n", html
        case "outlook":
            block = (
                ("From", f"{name} <{address}>"),
                ("Sent", f"{when:%A, %B} {when.day}, {when.year} {hour}"),
                ("To", original.to),
                ("Subject", original.subject),
            )
            head = "\n".join(f"{key}: {value}" for key, value in block)
            rows = "<br>".join(f"<b>{key}:</b> {escape(value)}" for key, value in block)
            html = (
                f'<div class="elementToProof">{_lines(text)}</div><div id="appendonsend"></div>'
                f'<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">{rows}'
                f"<div>&nbsp;</div></div><div>{original.as_html}</div>"
            )
            return f"{text}\n\n{'_' * 32}\n{head}\n\n{original.text}\n", html
        case "apple":
            line = f"On {when.day} {when:%b %Y, at %H:%M}, {name} <{address}> wrote:"
            html = (
                f'<html><body>{_lines(text)}<br id="lineBreakAtBeginningOfMessage"><div><br>'
                f'<blockquote type="cite"><div>{escape(line)}</div><br class="Apple-interchange-newline">'
                f"<div>{original.as_html}</div></blockquote></div></body></html>"
            )
            return f"{text}\n\n{_marked(line)}\n> \n{_marked(original.text)}\n", html
        case "plain":
            return f"{text}\n\nOn {original.date}, {name} wrote:\n{_marked(original.text)}\n", None


def _marked(text: str) -> str:
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}" for line in text.rstrip("\n").split("\n"))


def _lines(text: str) -> str:
    return "<br>".join(escape(text.rstrip("\n")).split("\n"))
