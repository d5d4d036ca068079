"""What Slack sends, as far as we read it; whatever does not fit is a broken payload, whoever signed it."""

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from channels.slack.wire import JsonObject

_TS = r"^[0-9]{1,12}\.[0-9]{6}$"  # seconds and microseconds; the id of a message in its channel
_USER = r"^[UWB][A-Z0-9]+$"
_BOT = r"^B[A-Z0-9]+$"
_CHANNEL = r"^[CDG][A-Z0-9]+$"


class Payload(BaseModel):
    """A part of a payload; what we do not read may be anything."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class UserRef(Payload):
    """A user, named by id, and the workspace that they belong to."""

    id: str = Field(pattern=_USER)
    team_id: str | None = None


class ChannelRef(Payload):
    """A channel, named by its id."""

    id: str = Field(pattern=_CHANNEL)


class Authorization(Payload):
    """An installation that the event is for."""

    team_id: str | None = None


class Happening(Payload):
    """An event of any type."""

    type: str = Field(min_length=1)


class Outline(Payload):
    """What Bolt itself reads before any listener runs, and would stumble over if it were of another shape."""

    type: str = ""
    team: JsonObject | str | None = None
    user: JsonObject | str | None = None
    enterprise: JsonObject | str | None = None
    channel: JsonObject | str | None = None
    view: JsonObject | None = None
    message: JsonObject | None = None
    previous_message: JsonObject | None = None
    item: JsonObject | None = None
    authorizations: list[JsonObject] | None = None
    response_urls: list[JsonObject] = Field(default_factory=list[JsonObject])
    event: Happening | None = None
    command: str | None = None


class File(Payload):
    """A file that came with a message."""

    id: str | None = None
    name: str | None = None
    pretty_type: str | None = None
    mimetype: str | None = None
    size: int | None = None  # bytes
    file_access: str | None = None
    url_private: str | None = None
    url_private_download: str | None = None

    @property
    def must_be_asked_for(self) -> bool:
        """Whether the event tells no more than its id, as it does of files in channels shared with others."""
        return self.file_access == "check_file_info"

    @property
    def shown_name(self) -> str:
        """Its name, in one line."""
        return " ".join((self.name or "unnamed").split())


class BotProfile(Payload):
    """What Slack tells of a bot beside its message."""

    name: str | None = None


class Version(Payload):
    """A message as it is, or was, in an event that tells of a change."""

    ts: str = Field(pattern=_TS)
    user: str | None = Field(default=None, pattern=_USER)
    text: str | None = None
    subtype: str | None = None
    thread_ts: str | None = Field(default=None, pattern=_TS)
    bot_id: str | None = None


class MessageEvent(Payload):
    """A `message` or `app_mention`."""

    type: str
    channel: str = Field(pattern=_CHANNEL)
    ts: str = Field(pattern=_TS)
    user: str | None = Field(default=None, pattern=_USER)
    text: str | None = None
    subtype: str | None = None
    thread_ts: str | None = Field(default=None, pattern=_TS)
    channel_type: str | None = None
    bot_id: str | None = Field(default=None, pattern=_BOT)
    bot_profile: BotProfile | None = None
    username: str | None = None
    message: Version | None = None
    previous_message: Version | None = None
    edited: JsonObject | None = None
    files: tuple[File, ...] | None = None
    user_team: str | None = None
    source_team: str | None = None


class Envelope(Payload):
    """What an event comes in."""

    event_id: str = Field(min_length=1)
    team_id: str | None = None
    authorizations: tuple[Authorization, ...] | None = None
    event: MessageEvent

    @property
    def team(self) -> str | None:
        """The workspace of the installation; in shared channels `team_id` alone may be another."""
        first = self.authorizations[0].team_id if self.authorizations else None
        return first or self.team_id


class Container(Payload):
    """The message that was clicked in."""

    channel_id: str | None = None
    message_ts: str | None = None
    thread_ts: str | None = None
    is_ephemeral: bool = False


class Option(Payload):
    """What was selected in a menu."""

    value: str = ""


class Pressed(Payload):
    """One button, or a menu with what was selected in it."""

    action_id: str
    block_id: str
    action_ts: str
    value: str = ""
    selected_option: Option = Option()


class ViewRef(Payload):
    """The view that was clicked in."""

    type: str = ""


class ButtonPress(Payload):
    """A click on a button of a message, or of the Home tab (`block_actions`)."""

    user: UserRef
    container: Container = Container()
    channel: ChannelRef | None = None
    view: ViewRef | None = None
    trigger_id: str = ""
    response_url: str = ""
    actions: tuple[Pressed, ...] = Field(min_length=1)

    @property
    def at_home(self) -> bool:
        """Whether it was in the Home tab."""
        return self.view is not None and self.view.type == "home"


class SlashCommand(Payload):
    """A slash command, with what was typed after it."""

    command: str = Field(pattern=r"^/")
    text: str = ""
    user_id: str = Field(pattern=_USER)
    team_id: str | None = None
    channel_id: str = ""
    trigger_id: str = ""
    response_url: str = Field(pattern=r"^https?://")


class ActedOn(Payload):
    """The message whose menu was used."""

    user: str | None = Field(default=None, pattern=_USER)
    username: str = ""
    text: str | None = None
    thread_ts: str | None = Field(default=None, pattern=_TS)
    files: tuple[File, ...] | None = None


class MessageAction(Payload):
    """A shortcut in the menu of a message (`message_action`)."""

    callback_id: str
    trigger_id: str
    user: UserRef
    channel: ChannelRef
    message_ts: str = Field(pattern=_TS)
    message: ActedOn


class OpenedTab(Payload):
    """One of the bot's own tabs, and who opened it."""

    user: str = Field(pattern=_USER)
    tab: str = "home"
    channel: str = ""


class Opened(Payload):
    """Somebody opened one of the bot's own tabs (`app_home_opened`)."""

    event_id: str = ""
    event: OpenedTab


class Stop(Payload):
    """The Stop button of an agent's session, and who pressed it."""

    user: str = Field(pattern=_USER)
    channel: str = Field(pattern=_CHANNEL)
    thread_ts: str = Field(pattern=_TS)


class SessionStopped(Payload):
    """Somebody pressed Stop (`agent_session_stopped`)."""

    event: Stop


class View(Payload):
    """A form."""

    id: str = Field(min_length=1)
    type: str
    callback_id: str = ""
    private_metadata: str = ""
    state: JsonObject = Field(default_factory=dict[str, JsonValue])


class Submission(Payload):
    """A form that was sent (`view_submission`)."""

    user: UserRef
    view: View


def fault_in(body: object) -> str | None:
    """Name what is wrong with a payload: the field and the kind of error, never a value; None: nothing."""
    try:
        kind = Outline.model_validate(body)
        match kind.type, kind.event and kind.event.type:
            case "event_callback", "message" | "app_mention":
                Envelope.model_validate(body)
            case "event_callback", "app_home_opened":
                Opened.model_validate(body)
            case "event_callback", "agent_session_stopped":
                SessionStopped.model_validate(body)
            case "event_callback", None:
                return "event: missing"
            case "message_action", _:
                MessageAction.model_validate(body)
            case "block_actions", _:
                ButtonPress.model_validate(body)
            case "view_submission", _:
                Submission.model_validate(body)
            case _ if kind.command is not None:
                SlashCommand.model_validate(body)
            case _:
                pass
    except ValidationError as error:
        return _reason(error)
    return None


def _reason(error: ValidationError) -> str:
    """Return the first thing that is wrong, without what was found there: that may be a text of someone's."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"][:4]) or "payload"
    return f"{place}: {first['type']}"
