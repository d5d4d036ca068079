"""Where a file's bytes go and come from: the address that an upload was given, and `url_private`."""

from aiohttp import web

from bot.playground.slack.core import Core
from bot.playground.slack.faults import Faults
from bot.playground.slack.render_files import type_of
from bot.playground.slack.wire import ApiRefusedError

UPLOAD = "upload"  # the name under which a fault of the next upload is ordered
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Slack</title></head><body><h1>Sign in to Acme</h1></body></html>"


class FilesHttp:
    """Serves /upload/v1/<ticket> and /files-pri/<team>-<file>/<name>."""

    def __init__(self, core: Core, faults: Faults) -> None:
        """Take where files are kept, and what shall go wrong."""
        self.core = core
        self.faults = faults

    def add_routes(self, app: web.Application) -> None:
        """Serve the addresses that the files.* methods and the file objects carry."""
        app.router.add_post("/upload/v1/{ticket}", self.upload)
        app.router.add_get("/files-pri/{file}/{name}", self.download)
        app.router.add_get("/files-pri/{file}/download/{name}", self.download)

    async def upload(self, request: web.Request) -> web.Response:
        """Take the bytes, raw or as the one file of a form; any other status than 200 is a failure."""
        fault = self.faults.take(UPLOAD)
        if fault.status is not None:
            return web.Response(status=fault.status, text="the upload failed")
        try:
            file = self.core.workspace.files.upload(request.match_info["ticket"], await _content(request))
        except ApiRefusedError as refused:
            return web.Response(status=refused.status, text=str(refused))
        if fault.drop_reply and request.transport is not None:
            request.transport.abort()
        return web.Response(text=f"OK - {file.size}")

    async def download(self, request: web.Request) -> web.Response:
        """Send the bytes to whoever has the bot's token and `files:read`; everybody else gets a page to sign in at.

        That page comes with status 200 and is no file: the trap that a careless client falls into.
        """
        workspace = self.core.workspace
        team, _, file_id = request.match_info["file"].partition("-")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        may = scheme.lower() == "bearer" and token == workspace.app.bot_token and "files:read" in workspace.app.scopes
        if not may or team != workspace.team.id:
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        try:
            file = workspace.files.file(file_id)
        except ApiRefusedError:
            return web.Response(status=404, text="no such file")
        return web.Response(body=workspace.files.content(file_id), content_type=type_of(file).mimetype)


async def _content(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
