"""What the adapter needs of the settings, and the two URLs taken apart."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

from channels.email.oauth import OauthSettings
from channels.email.signing import Signing

_IMAP_PORTS = {"imap": 143, "imaps": 993}
_SMTP_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    """`addresses` are ours, the default one first: those of MAIL_ADDRESSES, and those that routes name."""

    addresses: tuple[str, ...]
    imap_url: str = field(default="", repr=False)  # of each mailbox, with white space between
    smtp_url: str = field(default="", repr=False)
    mail_auth: str | None = None
    secret: bytes = field(default=b"", repr=False)
    done_folder: str = ""  # where mail goes that was taken; empty: it stays
    oauth: OauthSettings = field(
        default_factory=OauthSettings
    )  # for mailboxes and servers whose URL has a user and no password
    signing: Signing | None = None  # DKIM, where no relay signs
    hourly_limit: int = 0  # recipients in an hour; 0: as many as the server takes
    name: str = "Countersign"  # how the bot is called in From

    @property
    def mailboxes(self) -> "tuple[Server, ...]":
        """Every mailbox to watch, each once."""
        return tuple(dict.fromkeys(Server.imap(url) for url in self.imap_url.split()))


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where to connect, and as whom. `folder` is IMAP's."""

    host: str
    port: int
    tls: bool  # from the first byte on
    user: str = ""
    password: str = field(default="", repr=False)
    folder: str = "INBOX"

    @classmethod
    def imap(cls, url: str) -> Self:
        """Read `imaps://user:password@host:993/Folder`; `imap://` is without TLS, for this machine."""
        return cls._read(url, _IMAP_PORTS)

    @classmethod
    def smtp(cls, url: str) -> Self:
        """Read `smtps://user:password@host:465`, or `smtp://...:587`, which changes to TLS where the server can."""
        return cls._read(url, _SMTP_PORTS)

    @property
    def is_local(self) -> bool:
        """Whether it is this machine, where a password may travel as it is."""
        return self.host in _LOOPBACK

    @property
    def by_token(self) -> bool:
        """Whether it is logged in to by an access token, since there is a user and no password."""
        return bool(self.user) and not self.password

    @property
    def mailbox(self) -> str:
        """The mailbox's name without its password, for cursors and logs."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"

    @classmethod
    def _read(cls, url: str, ports: dict[str, int]) -> Self:
        parts = urlsplit(url)
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or ports[parts.scheme],
            tls=parts.scheme in {"imaps", "smtps"},
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
        )
