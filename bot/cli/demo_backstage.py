"""What stands behind the demo's page: threads from the store, deploys from the disk, and trouble on request."""

from contextlib import suppress
from subprocess import CalledProcessError
from typing import assert_never

from redis.exceptions import RedisError

from bot.cli.demo_child import WorkerChild
from bot.cli.demo_files import TEAM, DemoFiles
from bot.cli.demo_rows import rows
from bot.entries import Sealer
from bot.errors import CountersignError
from bot.fold import fold
from bot.people import Directory
from bot.places import Place
from bot.playground.page.models import About, Around, Decider, OpenRequest, Run, ThreadLine, ThreadView, Trouble
from bot.playground.repository import DemoRepository, commit_of, move_tag
from bot.playground.slack import SlackPeer
from bot.store import log
from bot.store.server import Client
from bot.thread import RequestState, Thread

TAG = "v1.4.0"
_THREADS = 50


class CannotMoveTagError(CountersignError):
    """git could not move the tag: look into the demo's folder."""


class Backstage:
    """Implements bot.playground.page.models.Backstage."""

    def __init__(
        self,
        *,
        about: About,
        files: DemoFiles,
        shop: DemoRepository,
        worker: WorkerChild,
        slack: SlackPeer,
        client: Client,
        sealer: Sealer,
        directory: Directory,
    ) -> None:
        """Take the parts."""
        self.about = about
        self._files = files
        self._shop = shop
        self._worker = worker
        self._slack = slack
        self._client = client
        self._sealer = sealer
        self._directory = directory
        self._threads: tuple[ThreadLine, ...] = ()
        self._moved = self._is_moved()

    async def around(self) -> Around:
        """Return what is so at this moment; while the store is away, its threads as they were."""
        with suppress(RedisError, OSError):  # it starts again by itself, and the next look finds it
            self._threads = tuple(map(_line, await log.recent(self._client, _THREADS)))
        return Around(
            threads=self._threads,
            runs=tuple(Run.model_validate({name: run[name] for name in Run.model_fields}) for run in self._shop.runs()),
            worker=self._worker.state,
            slow=self._files.slow,
            moved=self._moved,
        )

    async def thread(self, thread: str) -> ThreadView | None:
        """Return a thread's log; None if there is none, or the store is away."""
        try:
            head = await log.head(self._client, thread)
            entries = await log.load(self._client, thread)
        except (RedisError, OSError, ValueError):
            return None
        if head is None:
            return None
        folded = fold(thread, entries, self._sealer)
        line = _line(head).model_copy(update={"status": folded.status, "version": len(entries)})
        asked = tuple(self._open(folded, request) for request in folded.open.values())
        return ThreadView(line=line, open=asked, rows=tuple(rows(entries, self._name)))

    async def make(self, trouble: Trouble) -> None:
        """Make trouble, or end it. Raises NoWorkerError, CannotMoveTagError."""
        match trouble:
            case "kill_worker":
                self._worker.kill()
            case "slow":
                self._files.set_slow(slow=not self._files.slow)
            case "move_tag":
                self._move_tag()
            case _:
                assert_never(trouble)

    def _move_tag(self) -> None:
        """Put the tag on the newest commit, or back on the one before, which is the real release."""
        try:
            move_tag(self._shop.repository, TAG, "main~1" if self._moved else "main")
        except (CalledProcessError, OSError):
            raise CannotMoveTagError from None
        self._moved = self._is_moved()

    def _is_moved(self) -> bool:
        return commit_of(self._shop.repository, TAG) == commit_of(self._shop.repository, "main")

    def _open(self, thread: Thread, request: RequestState) -> OpenRequest:
        opened = request.opened
        place = opened.cards[0].place if opened.cards else thread.origin
        deciders = [
            Decider(user=user, name=self._name(person))
            for person in opened.approvers
            if (user := self._user(person)) is not None
        ]
        return OpenRequest(
            id=opened.request,
            kind=opened.kind,
            title=opened.body.title if opened.body else "",
            deciders=tuple(deciders),
            channel=_slack_id(place),
        )

    def _user(self, person: str) -> str | None:
        places = [identity.place for identity in self._directory.identities(person)]
        return next((_slack_id(place) for place in places if place.channel == "slack"), None)

    def _name(self, person: str) -> str:
        """The name of a person whom bot.toml lists, or else of the Slack account."""
        known = self._slack.workspace.users.get(person.removeprefix(f"slack:{TEAM}/"))
        return known.real_name if known else self._directory.by_id(person).name


def _line(head: log.Head) -> ThreadLine:
    origin = Place.model_validate_json(head.origin) if head.origin else None
    return ThreadLine(
        id=head.thread,
        title=head.title,
        status="paused" if head.paused else "cancelled" if head.cancelled else head.status,
        agent=head.agent,
        version=head.version,
        channel=_slack_id(origin) if origin else "",
        ts=(origin.thread or "") if origin else "",
    )


def _slack_id(place: Place) -> str:
    return place.address.rpartition("/")[2]
