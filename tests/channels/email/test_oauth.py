"""Access tokens: from a file, a command or an endpoint; kept while they are good, and never shown."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from channels.email.oauth import EARLY_S, EndpointTokens, OauthSettings, TokenError, endpoint, tokens


class Endpoint:
    """A token endpoint that hands out `a-1`, `a-2`, ... and remembers what it was asked with."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self.answer: web.Response | None = None
        self.rotates = False

    async def grant(self, request: web.Request) -> web.Response:
        self.asked.append({name: str(value) for name, value in (await request.post()).items()})
        if self.answer is not None:
            return self.answer
        number = len(self.asked)
        more = {"refresh_token": f"r-{number}"} if self.rotates else {}
        return web.json_response({"access_token": f"a-{number}", "expires_in": 3600, "token_type": "Bearer", **more})

    def settings(self) -> OauthSettings:
        return OauthSettings(url=self.url, client_id="me", client_secret="hidden-1", refresh_token="r-0")


@pytest.fixture
async def server() -> AsyncIterator[Endpoint]:
    made = Endpoint()
    app = web.Application()
    app.add_routes([web.post("/token", made.grant)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/token"
    yield made
    await runner.cleanup()


async def test_a_token_is_asked_for_once_and_renewed_before_its_end(server: Endpoint) -> None:
    now = 1000.0
    source = EndpointTokens(server.settings(), clock=lambda: now)
    assert [await source.token(), await source.token()] == ["a-1", "a-1"]
    now += 3600 - EARLY_S
    assert await source.token() == "a-2"


async def test_a_token_that_the_mail_server_refused_is_not_offered_again(server: Endpoint) -> None:
    source = EndpointTokens(server.settings())
    await source.token()
    source.refused()
    assert await source.token() == "a-2"


async def test_a_new_refresh_token_replaces_the_old_one(server: Endpoint) -> None:
    server.rotates = True
    source = EndpointTokens(server.settings())
    await source.token()
    source.refused()
    await source.token()
    assert [asked["refresh_token"] for asked in server.asked] == ["r-0", "r-1"]


async def test_a_refusal_names_the_code_and_no_secret(server: Endpoint) -> None:
    server.answer = web.json_response({"error": "invalid_grant", "error_description": "hidden-1"}, status=400)
    with pytest.raises(TokenError, match="it says invalid_grant") as refused:
        await EndpointTokens(server.settings()).token()
    assert "hidden" not in str(refused.value)
    assert "hidden" not in repr(server.settings())


async def test_an_answer_that_is_no_token_is_refused(server: Endpoint) -> None:
    server.answer = web.json_response({"access_token": "a\r\nA1 LOGOUT"})
    with pytest.raises(TokenError, match="no token"):
        await EndpointTokens(server.settings()).token()


async def test_an_endpoint_that_is_away_is_said_to_be(unused_tcp_port: int) -> None:
    settings = OauthSettings(url=f"http://127.0.0.1:{unused_tcp_port}/token", client_id="me")
    with pytest.raises(TokenError, match="does not answer"):
        await EndpointTokens(settings).token()


def test_google_takes_a_refresh_token_without_a_scope() -> None:
    url, form = endpoint(OauthSettings(url="google", client_id="me", client_secret="s"), "r")
    assert url == "https://oauth2.googleapis.com/token"
    assert form == {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "me", "client_secret": "s"}


def test_microsoft_without_a_refresh_token_is_asked_as_the_app_itself() -> None:
    url, form = endpoint(OauthSettings(url="microsoft:acme.test", client_id="me", client_secret="s"), "")
    assert url == "https://login.microsoftonline.com/acme.test/oauth2/v2.0/token"
    assert form["grant_type"] == "client_credentials"
    assert form["scope"] == "https://outlook.office365.com/.default"


async def test_a_file_is_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "token"
    source = tokens(OauthSettings(file=path))
    assert source is not None
    found: list[str] = []
    for text in ("one\n", "two\n"):
        path.write_text(text)
        found.append(await source.token())
    assert found == ["one", "two"]


async def test_a_command_prints_a_token() -> None:
    source = tokens(OauthSettings(command=(sys.executable, "-c", "print('printed')")))
    assert source is not None
    assert await source.token() == "printed"


@pytest.mark.parametrize("program", ["import sys; sys.exit(3)", "print('two words')", "pass"])
async def test_a_command_that_gives_no_token_is_said_to(program: str) -> None:
    source = tokens(OauthSettings(command=(sys.executable, "-c", program)))
    assert source is not None
    with pytest.raises(TokenError, match="MAIL_OAUTH_COMMAND"):
        await source.token()


def test_without_anything_set_there_are_no_tokens() -> None:
    assert tokens(OauthSettings()) is None
