"""Who may talk to the page's server: the page itself and nobody else, for any web page can post to a loopback port."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Checks Host, Origin and this run's token, which the page carries as a cookie.

    With `open_door`, opening the page without the token in its address is enough to get that cookie: a foreign web page
    can neither read the answer nor make the browser send the cookie along. Without it, other users of this machine are
    kept out as well.
    """

    def __init__(self, *, open_door: bool) -> None:
        """Make up the token."""
        self.token = secrets.token_urlsafe(24)
        self.port = 0  # set once the server listens
        self._open_door = open_door

    @property
    def cookie(self) -> str:
        """The cookie's name. Browsers do not keep the cookies of two ports apart, hence the port in it."""
        return f"countersign-demo-{self.port}"

    def admits(self, request: web.Request) -> bool:
        """Whether a visitor may have the page, and with it the cookie."""
        return self._open_door or _same(request.query.get("token", ""), self.token) or self._knows(request)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn away whoever is not the page, and put the headers on what goes out."""
        refusal = self._refusal(request)
        response = web.json_response({"error": refusal}, status=403) if refusal else await handler(request)
        if not response.prepared:
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)  # a mail in its frame has a stricter policy of its own
        return response

    def _refusal(self, request: web.Request) -> str:
        if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
            return "this page is for this machine alone: open it by 127.0.0.1"
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            return "this was sent by another web page"
        is_page = request.method == "GET" and request.path == "/"
        site = request.headers.get("Sec-Fetch-Site", "none")
        if site not in {"same-origin", "none"} and not is_page:  # a link of another page may lead to this one
            return "this was sent by another web page"
        if request.path.startswith("/api/") and not self._knows(request):
            return "the demo was started anew: reload the page"
        return ""

    def _knows(self, request: web.Request) -> bool:
        return _same(request.cookies.get(self.cookie, ""), self.token)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())
