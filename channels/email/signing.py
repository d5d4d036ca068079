"""Signing what we send (DKIM, RFC 6376) where no relay does, and the DNS record that goes with the key."""

import dataclasses
from base64 import b64encode
from pathlib import Path
from typing import Any, cast

import dkim  # pyright: ignore[reportMissingTypeStubs]  # it has none
from dkim import crypto  # pyright: ignore[reportMissingTypeStubs]

from bot.errors import CountersignError

_SIGNED = ("From", "Reply-To", "Subject", "Date", "To", "Cc", "Message-ID", "In-Reply-To", "References")
_MORE = ("MIME-Version", "Content-Type", "Auto-Submitted")
_SHORTEST = 1024  # bits; receivers take no shorter key (RFC 8301)
_RSA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"  # the OID of rsaEncryption, and its empty parameters


class SigningError(CountersignError):
    """The key for signing mail cannot be used: DKIM_KEY_FILE must hold an RSA key in PEM (`openssl genrsa 2048`)."""


@dataclasses.dataclass(frozen=True)
class Signing:
    """As whom mail is signed, by which key."""

    domain: str
    selector: str
    key: bytes = dataclasses.field(repr=False)

    def sign(self, raw: bytes) -> bytes:
        """Return the mail with its signature on top.

        Each field is signed once more often than it is there, so that nobody can add another one (RFC 6376, 8.15).
        """
        signer = cast("Any", dkim.DKIM)(raw)
        present = [bytes(name).decode("ascii", "replace").lower() for name, _ in signer.headers]
        names = [name for name in _SIGNED for _ in range(present.count(name.lower()) + 1)]
        names += [name for name in _MORE if name.lower() in present]
        try:
            field = signer.sign(
                self.selector.encode(),
                self.domain.encode("idna"),
                self.key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=[name.encode() for name in names],
            )
        except (dkim.DKIMException, UnicodeError, ValueError) as error:
            raise SigningError from error
        return cast("bytes", field) + raw

    @property
    def bits(self) -> int:
        """How long the key is. Raises SigningError."""
        return int(self._numbers()["modulus"]).bit_length()

    def record(self) -> tuple[str, str]:
        """Return the name and the text of the TXT record that says which key is ours. Raises SigningError."""
        numbers = self._numbers()
        pair = _sequence(_integer(int(numbers["modulus"])) + _integer(int(numbers["publicExponent"])))
        public = _sequence(_sequence(_RSA) + b"\x03" + _length(len(pair) + 1) + b"\x00" + pair)
        return f"{self.selector}._domainkey.{self.domain}", f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"

    def _numbers(self) -> dict[str, Any]:
        try:
            return cast("Any", crypto).parse_pem_private_key(self.key)
        except (crypto.UnparsableKeyError, ValueError, LookupError, TypeError) as error:
            raise SigningError from error


def load(domain: str, selector: str, path: Path) -> Signing:
    """Read the key. Raises SigningError if it is none, or too short."""
    try:
        key = path.read_bytes()
    except OSError as error:
        raise SigningError(f"DKIM_KEY_FILE cannot be read ({type(error).__name__}).") from None
    signing = Signing(domain, selector, key)
    if signing.bits < _SHORTEST:
        raise SigningError(f"DKIM_KEY_FILE has {signing.bits} bits, and receivers want {_SHORTEST} or more.")
    return signing


def _integer(number: int) -> bytes:
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + _length(len(data)) + data


def _sequence(data: bytes) -> bytes:
    return b"\x30" + _length(len(data)) + data


def _length(count: int) -> bytes:
    """A length as DER writes it (X.690, 8.1.3)."""
    if count < 128:
        return bytes([count])
    data = count.to_bytes((count.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(data)]) + data
