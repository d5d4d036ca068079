"""What an interaction opens up for a while: triggers, modals, Home tabs and response URLs."""

from collections.abc import Callable

from bot.playground.slack.inputs import elements
from bot.playground.slack.models import Frozen, ResponseHook, View
from bot.playground.slack.store import Journal
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_object, as_objects, as_text, new_id

MODAL_STACK = 3  # views in one stack
RESPONSE_URL_USES = 5


class Trigger(Frozen):
    """Leave to open one modal for a user, until `expires` (Unix seconds)."""

    user: str
    expires: float
    view_id: str | None = None  # the modal in which the interaction happened
    used: bool = False


class Surfaces:
    """Views and hooks that are open now. A modal is open while it is in `stacks` of its user."""

    def __init__(self, journal: Journal, clock: Callable[[], float], changed: Callable[[], None]) -> None:
        """Take over what an earlier run left open."""
        self.journal = journal
        self.clock = clock
        self.changed = changed
        self.views = {view.id: view for view in map(View.model_validate_json, journal.rows("view"))}
        hooks = [ResponseHook.model_validate_json(row) for row in journal.rows("hook")]
        self.hooks = {hook.id: hook for hook in hooks if hook.expires > clock()}
        for hook in hooks:
            if hook.id not in self.hooks:
                journal.drop("hook", hook.id)
        self._triggers: dict[str, Trigger] = {}

    def trigger(self, user: str, ttl_s: float, view_id: str | None = None) -> str:
        """Return a new trigger id for the user, good for one modal within `ttl_s` seconds."""
        trigger_id = f"{int(self.clock() * 1000)}.{new_id('TR')}"
        self._triggers[trigger_id] = Trigger(user=user, expires=self.clock() + ttl_s, view_id=view_id)
        return trigger_id

    def exchange(self, trigger_id: str) -> Trigger:
        """Use a trigger up, or refuse as `views.open` does."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise ApiRefusedError("invalid_trigger_id")
        if trigger.used:
            raise ApiRefusedError("exchanged_trigger_id")
        if self.clock() > trigger.expires:
            raise ApiRefusedError("expired_trigger_id")
        self._triggers[trigger_id] = trigger.model_copy(update={"used": True})
        return trigger

    def modals(self, user: str) -> list[View]:
        """Return the user's open modals, the visible one last."""
        return sorted(
            (view for view in self.views.values() if view.user == user and view.kind == "modal"), key=self._depth
        )

    def home(self, user: str) -> View | None:
        """Return the user's Home tab, if the app published one."""
        return next((view for view in self.views.values() if view.user == user and view.kind == "home"), None)

    def view(self, view_id: str) -> View:
        """Return an open view by id or external id, or refuse with `not_found`."""
        found = self.views.get(view_id) or next(
            (view for view in self.views.values() if view_id and view.body.get("external_id") == view_id), None
        )
        if found is None:
            raise ApiRefusedError("not_found")
        return found

    def open(self, user: str, body: JsonObject, above: View | None = None) -> View:
        """Open a modal for the user, on top of another one if `above` is given."""
        if above and len(self.modals(user)) >= MODAL_STACK:
            raise ApiRefusedError("push_limit_reached")
        external = as_text(body.get("external_id"))
        if external and any(view.body.get("external_id") == external for view in self.views.values()):
            raise ApiRefusedError("duplicate_external_id")
        if above is None:
            self.close_all(user)
        view_id = new_id("V")
        root = above.root_view_id if above else view_id
        return self.put(
            View(
                id=view_id,
                user=user,
                hash=self._hash(),
                body=body,
                root_view_id=root,
                previous_view_id=above.id if above else None,
            )
        )

    def publish(self, user: str, body: JsonObject, view_hash: str = "") -> View:
        """Set the user's Home tab; a stale `view_hash` is refused with `hash_conflict`."""
        old = self.home(user)
        if view_hash and old and view_hash != old.hash:
            raise ApiRefusedError("hash_conflict")
        view_id = old.id if old else new_id("V")
        return self.put(View(id=view_id, user=user, hash=self._hash(), body=body, root_view_id=view_id))

    def update(self, view: View, body: JsonObject, view_hash: str = "") -> View:
        """Show another body in an open view; a stale `view_hash` is refused with `hash_conflict`."""
        if view_hash and view_hash != view.hash:
            raise ApiRefusedError("hash_conflict")
        values = _still_there(view.values, body)
        return self.put(view.model_copy(update={"body": body, "hash": self._hash(), "errors": {}, "values": values}))

    def put(self, view: View) -> View:
        """Write a view down."""
        self.views[view.id] = view
        self.journal.put("view", view.id, view.model_dump_json())
        self.changed()
        return view

    def close(self, view: View) -> None:
        """Close one view."""
        self.views.pop(view.id, None)
        self.journal.drop("view", view.id)
        self.changed()

    def close_all(self, user: str) -> None:
        """Close every modal of the user."""
        for view in self.modals(user):
            self.close(view)

    def hook(self, channel: str, user: str, ts: str, ttl_s: float) -> ResponseHook:
        """Make a response URL for one interaction."""
        hook = ResponseHook(id=new_id("", 24), channel=channel, user=user, ts=ts, expires=self.clock() + ttl_s)
        return self._keep(hook)

    def use_hook(self, hook_id: str) -> ResponseHook:
        """Count one use of a response URL, or refuse: five uses, thirty minutes."""
        hook = self.hooks.get(hook_id)
        if hook is None or self.clock() > hook.expires:
            raise ApiRefusedError("expired_url", status=404)
        if hook.uses >= RESPONSE_URL_USES:
            raise ApiRefusedError("used_url", status=404)
        return self._keep(hook.model_copy(update={"uses": hook.uses + 1}))

    def _keep(self, hook: ResponseHook) -> ResponseHook:
        self.hooks[hook.id] = hook
        self.journal.put("hook", hook.id, hook.model_dump_json())
        return hook

    def _depth(self, view: View) -> int:
        below = self.views.get(view.previous_view_id or "")
        return 1 + self._depth(below) if below else 0

    def _hash(self) -> str:
        return f"{self.clock():.6f}.{new_id('H', 6)}"


def _still_there(values: JsonObject, body: JsonObject) -> JsonObject:
    """Keep what was put into elements that the new body has as well: same block id, same action id."""
    kept: JsonObject = {}
    for block, element in elements(as_objects(body.get("blocks"))):
        block_id, action_id = as_text(block.get("block_id")), as_text(element.get("action_id"))
        before = as_object(values.get(block_id))
        if action_id in before:
            kept[block_id] = {**as_object(kept.get(block_id)), action_id: before[action_id]}
    return kept
