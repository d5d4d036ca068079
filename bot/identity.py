"""As whom someone appears in a channel: a Slack account, an e-mail address, a user of the operating system."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from bot.addresses import fold_address, os_user_name, slack_user_id
from bot.places import Place


class _Identity(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    """How the channel calls them, for display only."""
    proven: bool = False
    """Whether the channel has authenticated them. Without it they are a stranger who claims to be someone."""


class SlackIdentity(_Identity):
    """A user of a Slack workspace. `proven` means: Slack signed the event, and the flags were looked up."""

    kind: Literal["slack"] = "slack"
    account: Annotated[str, AfterValidator(slack_user_id)]
    """`team/user`, such as T0ACME/U0ANA."""
    is_guest: bool = False
    is_external: bool = False
    is_bot: bool = False

    @property
    def key(self) -> str:
        """The identity as one string, without its flags."""
        return f"slack:{self.account}"

    @property
    def place(self) -> Place:
        """Where they read direct messages."""
        return Place(channel="slack", address=self.account)


class EmailIdentity(_Identity):
    """The sender of a mail. `proven` means: the receiving server, or a signature, vouches for the address."""

    kind: Literal["email"] = "email"
    address: Annotated[str, AfterValidator(fold_address)]

    @property
    def key(self) -> str:
        """The identity as one string."""
        return f"email:{self.address}"

    @property
    def place(self) -> Place:
        """Where they read mail."""
        return Place(channel="email", address=self.address)


class OsIdentity(_Identity):
    """A user of the operating system, at the command line. `proven` means: the process runs as that user."""

    kind: Literal["os"] = "os"
    user: Annotated[str, AfterValidator(os_user_name)]

    @property
    def key(self) -> str:
        """The identity as one string."""
        return f"os:{self.user}"


Identity = SlackIdentity | EmailIdentity | OsIdentity


def identity_of(key: str) -> Identity:
    """Read an identity's key back. The result is not proven: a key says whom to write to, not who is writing.

    Raises ValueError (pydantic's) if the text is no key.
    """
    kind, _, value = key.partition(":")
    match kind:
        case "slack":
            return SlackIdentity(account=value)
        case "email":
            return EmailIdentity(address=value)
        case "os":
            return OsIdentity(user=value)
        case _:
            raise ValueError(f"{key!a} is no identity: it should begin with slack:, email: or os:")
