"""What a workspace is made of: people, channels, messages, views, and the app that is installed in it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.playground.slack.wire import JsonObject

ALL_SCOPES = frozenset(
    [
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "team:read",
        "users:read",
        "users:read.email",
    ]
)

ChannelKind = Literal["channel", "group", "im", "mpim"]
FileStage = Literal["awaited", "uploaded", "completed"]


class Frozen(BaseModel):
    """A value: never changed in place, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Team(Frozen):
    """The workspace itself."""

    id: str = "T0ACME"
    name: str = "Acme"
    domain: str = "acme"


class Shortcut(Frozen):
    """An entry in the menu of every message."""

    name: str = "Ask the bot about this"
    callback_id: str = "ask_about_message"


class App(Frozen):
    """The installed app: its ids, its secrets (made up, good for this peer only), and what it was granted."""

    id: str = "A0COUNTERSIGN"
    bot_id: str = "B0COUNTERSIGN"
    bot_user: str = "U0BOT"
    bot_token: str = "xoxb-playground"  # noqa: S105 - a made-up token that opens nothing but this peer
    app_token: str = "xapp-playground"  # noqa: S105 - likewise
    signing_secret: str = "playground-signing-secret"  # noqa: S105 - likewise
    verification_token: str = "playground-verification"  # noqa: S105 - likewise
    scopes: frozenset[str] = ALL_SCOPES
    app_scopes: frozenset[str] = frozenset({"connections:write"})  # of the app-level token
    commands: tuple[str, ...] = ("/bot",)
    shortcuts: tuple[Shortcut, ...] = (Shortcut(),)
    home_tab: bool = True
    events: frozenset[str] | None = None  # what it subscribed to, as manifests name it; None: to everything


class User(Frozen):
    """A person (or the bot) as `users.info` tells about them."""

    id: str
    name: str  # the handle, as in @ana
    real_name: str
    email: str = ""
    team_id: str = "T0ACME"
    tz: str = "Etc/UTC"  # a name of the IANA time zone database
    is_bot: bool = False
    is_restricted: bool = False  # a guest in several channels
    is_ultra_restricted: bool = False  # a guest in one channel
    is_stranger: bool = False  # of another workspace, through Slack Connect
    deleted: bool = False


class Channel(Frozen):
    """A conversation of any kind; `im` and `mpim` have no name of their own."""

    id: str
    name: str
    kind: ChannelKind = "channel"
    members: tuple[str, ...] = ()
    is_ext_shared: bool = False
    is_archived: bool = False


class Pings(Frozen):
    """Whom a message would have notified: the accident that a bot's text must never cause."""

    broadcasts: tuple[str, ...] = ()  # channel, here, everyone
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


class Reaction(Frozen):
    """One emoji on a message, and who chose it."""

    name: str
    users: tuple[str, ...]


class Share(Frozen):
    """The message that showed a file in a channel."""

    channel: str
    ts: str


class StoredFile(Frozen):
    """A file of the app; its bytes are kept beside it."""

    id: str
    name: str
    title: str
    size: int  # bytes, as announced
    user: str
    created: int  # Unix seconds
    ticket: str  # the secret end of the address to which the bytes go
    expires: float  # Unix seconds; whoever has not completed the upload by then begins anew
    snippet_type: str = ""
    stage: FileStage = "awaited"
    shares: tuple[Share, ...] = ()


class Message(Frozen):
    """One message. `ts` (seconds, six decimals, as text) is its id within the channel."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    bot_id: str | None = None
    username: str | None = None  # what another app calls itself; its messages have no user of this workspace
    blocks: tuple[JsonObject, ...] = ()
    metadata: JsonObject | None = None
    subtype: str | None = None
    client_msg_id: str | None = None
    edited_by: str | None = None
    edited_ts: str | None = None
    reactions: tuple[Reaction, ...] = ()
    files: tuple[str, ...] = ()  # ids
    mrkdwn: bool = True
    unfurl_links: bool | None = None  # None: the caller left it to Slack, which unfurls
    unfurl_media: bool | None = None
    ephemeral_to: str | None = None  # seen by this user alone, and gone from history
    pings: Pings = Pings()

    @property
    def root(self) -> str:
        """The ts of the thread's first message (its own, if it is one)."""
        return self.thread_ts or self.ts

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread and did not open it."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def is_broadcast(self) -> bool:
        """Whether it is a reply that was also sent to the channel."""
        return self.subtype == "thread_broadcast"


class View(Frozen):
    """A modal or Home tab as the app defined it (`body`) and what its user has typed into it (`values`)."""

    id: str
    user: str
    hash: str
    body: JsonObject
    root_view_id: str
    previous_view_id: str | None = None
    values: JsonObject = {}
    errors: dict[str, str] = {}  # block id -> what the app said about it

    @property
    def kind(self) -> str:
        """`modal` or `home`."""
        return str(self.body.get("type"))


class Session(Frozen):
    """What one of the agent's conversations is at."""

    channel: str
    thread_ts: str
    status: str
    title: str = ""


class Prompt(Frozen):
    """Something that a person may say by one click."""

    title: str
    message: str


class Suggested(Frozen):
    """The prompts of one direct message."""

    channel: str
    title: str
    prompts: tuple[Prompt, ...]


class ResponseHook(Frozen):
    """Where one `response_url` leads, and how often it was used."""

    id: str
    channel: str
    user: str
    ts: str
    expires: float  # Unix seconds
    uses: int = 0
