"""Mails as bytes, and the settings of a bot that reads them."""

from collections.abc import Mapping

from channels.email.settings import EmailSettings

SECRET = b"a secret of the tests"
SETTINGS = EmailSettings(
    addresses=("bot@acme.test", "deploy@acme.test", "support@acme.test"), mail_auth="mx.acme.test", secret=SECRET
)
PASS = "mx.acme.test; dkim=pass header.d=acme.test; dmarc=pass header.from=acme.test"


def mail(
    body: str | bytes = "Hello",
    *,
    sender: str = "Rob Wills <rob@acme.test>",
    to: str = "deploy@acme.test",
    auth: str | None = PASS,
    more: Mapping[str, str] | None = None,
    top: str = "",
) -> bytes:
    """A mail from Rob to the deploy agent, as it lies in the mailbox. `more` replaces or extends its headers."""
    fields = {
        "From": sender,
        "To": to,
        "Subject": "A question",
        "Date": "Fri, 20 Nov 2026 12:00:00 +0000",
        "Message-ID": "<first@acme.test>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **(more or {}),
    }
    stamps = top + (f"Authentication-Results: {auth}\r\n" if auth else "")
    head = stamps + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    text = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    return head.encode("utf-8", "surrogateescape") + b"\r\n" + text


def multipart(kind: str, *parts: str, boundary: str = "cut") -> tuple[str, dict[str, str]]:
    """A multipart body, and the header that goes with it; each part has its own head."""
    body = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
    return body, {"Content-Type": f'multipart/{kind}; boundary="{boundary}"'}
