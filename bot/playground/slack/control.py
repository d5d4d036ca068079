"""What a person does in Slack: writes, edits, deletes, clicks, fills in a form; for tests and for the demo's page."""

from collections.abc import Mapping

from bot.playground.slack import commands, happenings, inputs, interactions, render, snapshot, text
from bot.playground.slack.complaints import complaints
from bot.playground.slack.core import Core
from bot.playground.slack.events import Ack, Sender
from bot.playground.slack.inputs import ControlRefusedError, Value
from bot.playground.slack.interactions import Doing
from bot.playground.slack.methods_agents import pressed
from bot.playground.slack.models import Channel, Frozen, Message, StoredFile, User, View
from bot.playground.slack.snapshot import Snapshot
from bot.playground.slack.wire import JsonObject, as_objects, new_id


class Outcome(Frozen):
    """What came of a click or a form, right after the app's answer; `message` is the one clicked, as it is by now."""

    status: int | None  # HTTP status of the app's answer; None: no answer, or Socket Mode
    acked: bool
    notice: str  # what Slack itself tells the person when the app did not answer well; else empty
    errors: dict[str, str]  # complaints about inputs, by block id
    message: JsonObject | None
    ephemerals: tuple[JsonObject, ...]  # in that channel, for that person
    modals: tuple[str, ...]  # ids of the views open for the person, the visible one last


class Control:
    """The hands of everybody in the workspace."""

    def __init__(self, core: Core, sender: Sender) -> None:
        """Take the state to act on, and what carries interactions to the app."""
        self.core = core
        self._sender = sender

    def say(self, user: str, channel: str, said: str, thread_ts: str | None = None, *, broadcast: bool = False) -> str:
        """Write a message and return its ts. `channel` is an id, a name, or the bot's user id for a direct message."""
        person, place = self._person(user), self._place(user, channel)
        workspace = self.core.workspace
        if thread_ts:
            thread_ts = workspace.message(place.id, thread_ts).root
        stored = text.typed(
            said, workspace.users.values(), [(room.name, room.id) for room in workspace.channels.values()]
        )
        message = Message(
            channel=place.id,
            ts=workspace.next_ts(),
            user=person.id,
            text=stored,
            thread_ts=thread_ts,
            subtype="thread_broadcast" if thread_ts and broadcast else None,
            blocks=(text.rich_text(stored),),
            client_msg_id=new_id("", 24).lower(),
            pings=text.pings(stored, ()),
        )
        return workspace.post(message).ts

    def post_as_bot(
        self,
        name: str,
        channel: str,
        said: str,
        thread_ts: str | None = None,
        *,
        bot_id: str = "B0CI",
        webhook: bool = False,
    ) -> str:
        """Let another app write, and return the ts; as a `webhook` of the old kind it is nobody but a name."""
        workspace = self.core.workspace
        place = workspace.channel(channel)
        message = Message(
            channel=place.id,
            ts=workspace.next_ts(),
            user=f"U{bot_id[1:]}",
            username=name,
            bot_id=bot_id,
            text=text.typed(said, workspace.users.values(), ()),
            thread_ts=workspace.message(place.id, thread_ts).root if thread_ts else None,
            subtype="bot_message" if webhook else None,
        )
        return workspace.post(message).ts

    def share(
        self, user: str, channel: str, name: str, content: bytes, said: str = "", thread_ts: str | None = None
    ) -> str:
        """Upload a file with a few words, and return the ts of its message."""
        person, place = self._person(user), self._place(user, channel)
        workspace = self.core.workspace
        if thread_ts:
            thread_ts = workspace.message(place.id, thread_ts).root
        stored = text.typed(said, workspace.users.values(), ())
        file = workspace.files.add(name, content, person.id)
        ts = workspace.next_ts()
        workspace.files.share(file.id, place.id, ts)
        message = Message(
            channel=place.id,
            ts=ts,
            user=person.id,
            text=stored,
            thread_ts=thread_ts,
            subtype="file_share",
            files=(file.id,),
            pings=text.pings(stored, ()),
        )
        return workspace.post(message).ts

    def edit(self, user: str, channel: str, ts: str, said: str) -> None:
        """Change one's own message."""
        message = self._own(user, channel, ts)
        workspace = self.core.workspace
        stored = text.typed(
            said, workspace.users.values(), [(room.name, room.id) for room in workspace.channels.values()]
        )
        workspace.edit(message.model_copy(update={"text": stored, "blocks": (text.rich_text(stored),)}), by=user)

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message."""
        self.core.workspace.delete(self._own(user, channel, ts))

    def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """Put an emoji on a message."""
        self.core.workspace.react(self.core.workspace.message(self._place(user, channel).id, ts), user, name)

    def open_app(self, user: str, tab: str = "messages") -> str:
        """Open the bot's own pages (`messages` or `home`); return the id of the direct-message channel."""
        self._person(user)
        workspace = self.core.workspace
        if tab == "home" and not workspace.app.home_tab:
            raise ControlRefusedError("this app has no Home tab")
        channel, home = workspace.dm(user), self.core.surfaces.home(user) if tab == "home" else None
        shown = render.view_json(home, workspace.team, workspace.app) if home else None
        workspace.announce(happenings.app_opened(user, channel, tab, workspace.next_ts(), shown), channel)
        return channel.id

    def press_stop(self, user: str, channel: str, thread_ts: str) -> None:
        """Press Stop, which Slack shows while the agent's session is at work; the status is the app's to change."""
        place = self._place(user, channel)
        self.core.workspace.announce(pressed(self.core.workspace, user, place.id, thread_ts), place)

    async def command(self, user: str, channel: str, typed: str, thread_ts: str | None = None) -> Outcome:
        """Type a slash command, such as `/bot help`, and return what came of it; Slack shows it to nobody."""
        person, place = self._person(user), self._place(user, channel)
        name, rest = commands.parted(self.core, typed, in_thread=thread_ts is not None)
        ack = await self._sender.ask(commands.slash_command(self.core, person, place, name, rest), "slash_commands")
        notice = commands.answered(self.core, person, place, name, ack)
        return self._outcome(user, ack, place, notice=notice)

    async def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> Outcome:
        """Choose an entry in the menu of a message, and return what came of it."""
        person, place = self._person(user), self._place(user, channel)
        message = self._seen(person, place, ts)
        ack = await self._sender.ask(commands.message_action(self.core, person, place, message, callback_id))
        return self._outcome(user, ack, place, ts)

    def revoke_token(self) -> None:
        """Take the bot's token away, as an administrator can."""
        self.core.workspace.is_revoked = True
        self.core.workspace.announce(happenings.tokens_revoked(self.core.workspace.app), None)

    def uninstall(self) -> None:
        """Take the app out of the workspace: Slack tells of it, and of its tokens."""
        self.revoke_token()
        self.core.workspace.announce(happenings.app_uninstalled(), None)

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        value: Value | None = None,
        *,
        block_id: str = "",
        values: Mapping[str, Value] | None = None,
        stale: bool = False,
    ) -> Outcome:
        """Click a button, or choose `value` in a menu, of a message, and return what came of it.

        `block_id` is needed if several blocks have the action; `values` is what stands in the message's other fields.
        With `stale`, the person's client still shows an earlier version of the message, with a button that is gone.
        """
        person, place = self._person(user), self._place(user, channel)
        message = self._seen(person, place, ts)
        if stale:
            versions = (*self.core.workspace.earlier(place.id, ts), message)
            message = next((old for old in reversed(versions) if _has(old, action_id)), message)
        doing = Doing(action_id=action_id, block_id=block_id, value=value, values=dict(values or {}))
        ack = await self._sender.ask(interactions.block_actions(self.core, person, message, doing))
        return self._outcome(user, ack, place, ts)

    async def click_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        value: Value | None = None,
        *,
        block_id: str = "",
        values: Mapping[str, Value] | None = None,
    ) -> Outcome:
        """Click something in an open modal or the Home tab; `block_id` and `values` as of `click`."""
        view = self._view(user, view_id)
        doing = Doing(action_id=action_id, block_id=block_id, value=value, values=dict(values or {}))
        ack = await self._sender.ask(interactions.view_actions(self.core, self._person(user), view, doing))
        return self._outcome(user, ack)

    async def submit_view(self, user: str, view_id: str, values: Mapping[str, Value]) -> Outcome:
        """Fill in a modal and submit it; `values` are keyed by block id or action id."""
        view = self._view(user, view_id)
        blocks = as_objects(view.body.get("blocks"))
        state = inputs.state(blocks, values)
        if found := complaints(blocks, state):
            return self._outcome(user, None, errors=found)
        filled = self.core.surfaces.put(view.model_copy(update={"values": state, "errors": {}}))
        ack = await self._sender.ask(interactions.view_event(self.core, self._person(user), filled, "view_submission"))
        if ack.result != "acked":
            return self._outcome(user, ack)
        notice = interactions.apply_answer(self.core, filled, ack.body)
        after = self.core.surfaces.views.get(view.id)
        return self._outcome(user, ack, notice=notice, errors=after.errors if after else {})

    async def close_view(self, user: str, view_id: str) -> None:
        """Dismiss a modal; the app hears of it if the view says `notify_on_close`."""
        view = self._view(user, view_id)
        self.core.surfaces.close(view)
        if view.body.get("notify_on_close"):
            await self._sender.ask(interactions.view_event(self.core, self._person(user), view, "view_closed"))

    def file(self, user: str, file_id: str) -> tuple[StoredFile, bytes]:
        """Open a file that was shared where this person is."""
        workspace = self.core.workspace
        file = workspace.files.file(file_id)
        if not any(user in workspace.channels[share.channel].members for share in file.shares):
            raise ControlRefusedError(f"{user} sees no file {file_id}: it was shared in none of their channels")
        return file, workspace.files.content(file_id)

    def snapshot(self, user: str | None = None) -> Snapshot:
        """Return what this person sees, or everything."""
        return snapshot.take(self.core, user)

    def _outcome(
        self,
        user: str,
        ack: Ack | None,
        place: Channel | None = None,
        ts: str = "",
        *,
        notice: str = "",
        errors: Mapping[str, str] | None = None,
    ) -> Outcome:
        acked = ack is not None and ack.result == "acked"
        workspace = self.core.workspace
        message = workspace.find(place.id, ts) if place else None
        alone = snapshot.visible_ephemerals(self.core, place.id, user) if place else []
        return Outcome(
            status=ack.status if ack else None,
            acked=acked,
            notice=notice or ("" if acked or ack is None else interactions.TROUBLE),
            errors=dict(errors or {}),
            message=workspace.shown(message) if message else None,
            ephemerals=tuple(workspace.shown(found) for found in alone),
            modals=tuple(view.id for view in self.core.surfaces.modals(user)),
        )

    def _person(self, user: str) -> User:
        if user not in self.core.workspace.users:
            raise ControlRefusedError(f"there is no user {user!r}; there are: {', '.join(self.core.workspace.users)}")
        return self.core.workspace.users[user]

    def _place(self, user: str, channel: str) -> Channel:
        """Return where this person writes; the bot's id means their direct message with it."""
        workspace = self.core.workspace
        place = workspace.dm(user) if channel == workspace.app.bot_user else workspace.channel(channel)
        if user not in place.members:
            raise ControlRefusedError(f"{user} is not a member of {place.name or place.id}")
        return place

    def _seen(self, person: User, place: Channel, ts: str) -> Message:
        alone = snapshot.visible_ephemerals(self.core, place.id, person.id)
        found = next((message for message in alone if message.ts == ts), None) or self.core.workspace.find(place.id, ts)
        if found is None:
            raise ControlRefusedError(f"{person.id} sees no message {ts} in {place.name or place.id}")
        return found

    def _own(self, user: str, channel: str, ts: str) -> Message:
        message = self.core.workspace.message(self._place(user, channel).id, ts)
        if message.user != user:
            raise ControlRefusedError(f"the message is by {message.user}; one changes only one's own")
        return message

    def _view(self, user: str, view_id: str) -> View:
        view = self.core.surfaces.views.get(view_id)
        if view is None or view.user != user:
            raise ControlRefusedError(f"{user} has no open view {view_id!r}")
        return view


def _has(message: Message, action_id: str) -> bool:
    return any(element.get("action_id") == action_id for _, element in inputs.elements(message.blocks))
