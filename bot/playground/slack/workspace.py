"""The workspace's state: who and what is in it, changed by plain methods that write each change down."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable

from bot.playground.slack import happenings, render, render_files
from bot.playground.slack.files import Files
from bot.playground.slack.models import App, Channel, Message, Prompt, Reaction, Session, Suggested, Team, User
from bot.playground.slack.store import Journal
from bot.playground.slack.wire import ApiRefusedError, JsonObject, listing, new_id

Announce = Callable[[JsonObject, Channel | None], None]


class Workspace:
    """People, channels and messages. Every change counts up `revision` and calls the listeners."""

    def __init__(
        self,
        users: Iterable[User],
        channels: Iterable[Channel],
        *,
        team: Team,
        app: App,
        journal: Journal,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the people and channels, and read what the journal remembers of an earlier run."""
        self.team = team
        self.app = app
        self.journal = journal
        self.clock = clock
        self.url = ""  # where the peer listens, once it does; addresses of files begin with it
        self.files = Files(journal, clock)
        self.is_revoked = False  # the bot's token opens nothing any more
        self.revision = 0
        self.users = {user.id: user for user in users}
        self.channels = {channel.id: channel for channel in map(Channel.model_validate_json, journal.rows("channel"))}
        self.channels |= {channel.id: channel for channel in channels}
        self.ephemerals: list[Message] = [Message.model_validate_json(row) for row in journal.rows("ephemeral")]
        self.announce: Announce = lambda _event, _channel: None
        sessions = map(Session.model_validate_json, journal.rows("session"))
        self.sessions = {(one.channel, one.thread_ts): one for one in sessions}
        self.suggested = {one.channel: one for one in map(Suggested.model_validate_json, journal.rows("suggested"))}
        self._listeners: list[Callable[[], None]] = []
        self._messages: dict[str, dict[str, Message]] = defaultdict(dict)  # by channel and ts, oldest first
        self._replies: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)  # by channel and root: their ts
        self._earlier: dict[tuple[str, str], list[Message]] = defaultdict(list)
        self._last_us = 0  # the newest ts given out, in microseconds
        stored = map(Message.model_validate_json, journal.rows("message"))
        for message in sorted(stored, key=lambda message: message.ts):
            self._keep(message)
            self._last_us = max(self._last_us, int(message.ts.replace(".", "")))

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call the listener after every change; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def touch(self) -> None:
        """Count a change and tell the listeners."""
        self.revision += 1
        for listener in [*self._listeners]:
            listener()

    def next_ts(self) -> str:
        """Return a timestamp (seconds, six decimals) that no message of the workspace has."""
        self._last_us = max(self._last_us + 1, int(self.clock() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"

    def user(self, user_id: str) -> User:
        """Return a person by id, or refuse with `user_not_found`."""
        if user_id not in self.users:
            raise ApiRefusedError("user_not_found")
        return self.users[user_id]

    def channel(self, channel_id: str) -> Channel:
        """Return a channel by id, by name (`#deploys` or `deploys`) or, for a direct message, by the person's id."""
        if channel_id in self.channels:
            return self.channels[channel_id]
        if channel_id in self.users and not self.users[channel_id].is_bot:
            return self.dm(channel_id)
        named = [
            channel
            for channel in self.channels.values()
            if channel.name and channel.name == channel_id.removeprefix("#")
        ]
        if not named:
            raise ApiRefusedError("channel_not_found")
        return named[0]

    def dm(self, *people: str) -> Channel:
        """Return the bot's conversation with these people, made if there is none yet."""
        members = (*sorted({*people} - {self.app.bot_user}), self.app.bot_user)
        kind = "mpim" if len(members) > 2 else "im"
        for channel in self.channels.values():
            if channel.kind == kind and set(channel.members) == set(members):
                return channel
        name = f"mpdm-{'--'.join(self.user(member).name for member in members)}-1" if kind == "mpim" else ""
        prefix = "D" if kind == "im" else "G"
        made = Channel(id=new_id(prefix), name=name, kind=kind, members=members)
        self.channels[made.id] = made
        self.journal.put("channel", made.id, made.model_dump_json())
        self.touch()
        return made

    def keep_session(self, session: Session) -> None:
        """Remember what a conversation of the agent is at."""
        self.sessions[session.channel, session.thread_ts] = session
        self.journal.put("session", f"{session.channel}/{session.thread_ts}", session.model_dump_json())
        self.touch()

    def suggest(self, channel: str, title: str, prompts: tuple[Prompt, ...]) -> None:
        """Offer prompts in a direct message, instead of those before."""
        self.suggested[channel] = Suggested(channel=channel, title=title, prompts=prompts)
        self.journal.put("suggested", channel, self.suggested[channel].model_dump_json())
        self.touch()

    def messages(self, channel: str) -> tuple[Message, ...]:
        """Return all messages of a channel, thread replies included, oldest first."""
        return tuple(self._messages[channel].values())

    def replies(self, channel: str, root: str) -> tuple[Message, ...]:
        """Return the replies of a thread, oldest first, without its first message."""
        return tuple(self._messages[channel][ts] for ts in self._replies[channel, root])

    def find(self, channel: str, ts: str) -> Message | None:
        """Return a message, or None."""
        return self._messages[channel].get(ts)

    def message(self, channel: str, ts: str) -> Message:
        """Return a message, or refuse with `message_not_found`."""
        found = self.find(channel, ts)
        if found is None:
            raise ApiRefusedError("message_not_found")
        return found

    def earlier(self, channel: str, ts: str) -> tuple[Message, ...]:
        """Return what the message was before its edits in this run, newest last: what a slow client still shows."""
        return tuple(self._earlier[channel, ts])

    def shown(self, message: Message) -> JsonObject:
        """Return the message as Slack's answers and events show it."""
        replies = () if message.is_reply else self.replies(message.channel, message.ts)
        root = self.find(message.channel, message.root)
        shown = render.message_json(message, self.author(message), self.app, replies=replies, root=root)
        if not message.files:
            return shown
        files = listing(self.shown_file(file_id) for file_id in message.files)
        return {**shown, "files": files, "upload": False, "display_as_bot": False}

    def author(self, message: Message) -> User:
        """Return who wrote a message: one of the people, or another app under the name that it gives itself."""
        if message.username is None:
            return self.user(message.user)
        return User(id=message.user, name=message.username, real_name=message.username, is_bot=True)

    def told(self, message: Message) -> JsonObject:
        """Return the message as the app is told of it: in a shared channel a file is its id, and must be asked for."""
        shown = self.shown(message)
        if not (message.files and self.channels[message.channel].is_ext_shared):
            return shown
        files: list[JsonObject] = [
            {"id": file_id, "mode": "file_access", "file_access": "check_file_info"} for file_id in message.files
        ]
        return {**shown, "files": listing(files)}

    def shown_file(self, file_id: str, *, shares: bool = False) -> JsonObject:
        """Return a file as messages show it; with `shares`, also where it stands, as `files.info` tells."""
        file = self.files.file(file_id)
        kinds = {share.channel: self.channels[share.channel].kind for share in file.shares} if shares else {}
        return render_files.file_json(file, self.files.content(file_id), self.team, self.url, kinds)

    def post(self, message: Message) -> Message:
        """Add a message, and announce it to the app where the app takes part."""
        if message.ephemeral_to:
            self.ephemerals.append(message)
            self.journal.put("ephemeral", message.ts, message.model_dump_json())
            self.touch()
            return message
        self._put(message)
        channel = self.channels[message.channel]
        shown = render.with_metadata(self.told(message), message)
        for event in happenings.posted(shown, message, channel, self.author(message), self.app):
            self._tell(event, channel)
        return message

    def edit(self, message: Message, *, by: str) -> Message:
        """Put a new version in the place of a message, and announce the change."""
        before = self.message(message.channel, message.ts)
        ts = self.next_ts()
        edited = message.model_copy(update={"edited_by": by, "edited_ts": ts})
        self._earlier[message.channel, message.ts].append(before)
        self._put(edited)
        channel = self.channels[message.channel]
        self._tell(happenings.changed(self.shown(edited), self.shown(before), channel, ts), channel)
        return edited

    def delete(self, message: Message) -> None:
        """Take a message away; one that others replied to leaves a tombstone, as in Slack."""
        channel = self.channels[message.channel]
        if not message.is_reply and self.replies(message.channel, message.ts):
            tomb = Message(
                channel=channel.id,
                ts=message.ts,
                user=message.user,
                text="This message was deleted.",
                subtype="tombstone",
            )
            self.edit(tomb, by=message.user)
            return
        before = self.shown(message)
        del self._messages[channel.id][message.ts]
        self._replies[channel.id, message.root].pop(message.ts, None)
        self.journal.drop("message", f"{channel.id}/{message.ts}")
        self.touch()
        self._tell(happenings.deleted(before, channel, self.next_ts()), channel)

    def react(self, message: Message, user: str, name: str) -> None:
        """Put a person's emoji on a message; refuses with `already_reacted`."""
        users = {reaction.name: reaction.users for reaction in message.reactions}
        if user in users.get(name, ()):
            raise ApiRefusedError("already_reacted")
        users[name] = (*users.get(name, ()), user)
        reactions = tuple(Reaction(name=key, users=value) for key, value in users.items())
        self._put(message.model_copy(update={"reactions": reactions}))
        self._tell(happenings.reacted(message, user, name, self.next_ts()), self.channels[message.channel])

    def replace_ephemeral(self, old: Message, new: Message | None) -> None:
        """Change what one person alone sees, or take it away."""
        position = self.ephemerals.index(old)
        self.ephemerals[position : position + 1] = [new] if new else []
        self.journal.drop("ephemeral", old.ts)
        if new:
            self.journal.put("ephemeral", new.ts, new.model_dump_json())
        self.touch()

    def _put(self, message: Message) -> None:
        self._keep(message)
        self.journal.put("message", f"{message.channel}/{message.ts}", message.model_dump_json())
        self.touch()

    def _keep(self, message: Message) -> None:
        """Put a message where it is found: a new one is the newest, another version stands where the last one stood."""
        self._messages[message.channel][message.ts] = message
        if message.is_reply:
            self._replies[message.channel, message.root][message.ts] = None

    def _tell(self, event: JsonObject, channel: Channel) -> None:
        if self.app.bot_user in channel.members:
            self.announce(event, channel)
