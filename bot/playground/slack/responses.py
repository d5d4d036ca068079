"""The response_url of an interaction: five uses in thirty minutes to answer, replace or delete."""

from aiohttp import web

from bot.playground.slack import text, validate
from bot.playground.slack.core import Core
from bot.playground.slack.models import Message, ResponseHook
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_flag, as_object, as_text, parse_json


class Responses:
    """Serves /actions/<team>/<hook>, and /commands/... for slash commands (https://docs.slack.dev/interactivity/handling-user-interaction)."""

    def __init__(self, core: Core) -> None:
        """Take the state to answer into."""
        self.core = core

    def add_routes(self, app: web.Application) -> None:
        """Serve the addresses that payloads carry."""
        app.router.add_post("/actions/{team}/{hook}", self.handle)
        app.router.add_post("/commands/{team}/{hook}", self.handle)

    async def handle(self, request: web.Request) -> web.Response:
        """Take one answer."""
        try:
            hook = self.core.surfaces.use_hook(request.match_info["hook"])
            self._answer(hook, as_object(parse_json(await request.text())))
        except ApiRefusedError as refused:
            if refused.status == web.HTTPNotFound.status_code:
                return web.json_response(refused.body(), status=refused.status)
            return web.Response(status=400, text=refused.code)
        return web.Response(text="ok")

    def _answer(self, hook: ResponseHook, body: JsonObject) -> None:
        workspace = self.core.workspace
        alone = next(
            (
                message
                for message in workspace.ephemerals
                if message.ts == hook.ts and message.ephemeral_to == hook.user
            ),
            None,
        )
        original = alone or workspace.find(hook.channel, hook.ts)
        if as_flag(body.get("delete_original")):
            if alone:
                workspace.replace_ephemeral(alone, None)
            elif original:
                workspace.delete(original)
            return
        written = self._written(hook, body)
        if not as_flag(body.get("replace_original")):
            workspace.post(written)
            return
        if original is None:
            raise ApiRefusedError("message_not_found", status=400)
        new = original.model_copy(update={"text": written.text, "blocks": written.blocks, "pings": written.pings})
        if alone:
            workspace.replace_ephemeral(alone, new)
        else:
            workspace.edit(new, by=workspace.app.bot_user)

    def _written(self, hook: ResponseHook, body: JsonObject) -> Message:
        workspace = self.core.workspace
        said, blocks = as_text(body.get("text")), body.get("blocks")
        if not said and not blocks:
            raise ApiRefusedError("no_text", status=400)
        shown = validate.message_blocks(blocks) if blocks else ()
        return Message(
            channel=hook.channel,
            ts=workspace.next_ts(),
            user=workspace.app.bot_user,
            bot_id=workspace.app.bot_id,
            text=text.posted(said),
            blocks=shown,
            thread_ts=as_text(body.get("thread_ts")) or None,
            ephemeral_to=None if body.get("response_type") == "in_channel" else hook.user,
            pings=text.pings(said, [as_object(block) for block in shown]),
        )
