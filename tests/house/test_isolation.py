"""The tests cannot reach real services, and the user's settings cannot reach the tests."""

import os
import socket
from pathlib import Path

import pytest

from tests import network
from tests.helpers import ROOT, wait_until

pytest_plugins = ["pytester"]


def forget_refusals() -> None:
    """These tests provoke on purpose what the `isolated` fixture watches for."""
    network.refused.clear()


def test_an_address_elsewhere_is_refused_before_anything_is_sent() -> None:
    with socket.socket() as client, pytest.raises(network.RealNetworkError, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 443))
    forget_refusals()


def test_a_name_elsewhere_is_not_looked_up() -> None:
    with pytest.raises(network.RealNetworkError, match=r"mail\.acme\.test"):
        socket.getaddrinfo("mail.acme.test", 25)
    forget_refusals()


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        with socket.create_connection((host, port)):
            pass


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", b"127.0.0.1", "localhost", "", None, "::", "::1%lo"])
def test_this_machine_has_many_names(host: object) -> None:
    assert network.is_local(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "169.254.169.254", "fe80::1%lo", "localhost.acme.test", b"192.0.2.1", 0])
def test_everything_else_is_elsewhere(host: object) -> None:
    assert not network.is_local(host)


def test_a_swallowed_refusal_still_fails_its_test(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from tests.conftest import *")
    pytester.makepyfile("""
        import contextlib, socket
        def test_quiet():
            with contextlib.suppress(Exception):
                socket.create_connection(("192.0.2.1", 443))
    """)
    pytester.syspathinsert(ROOT)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)


def test_settings_of_the_users_do_not_reach_a_test(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [
        "REDIS_URL",
        "SLACK_BOT_TOKEN",
        "ANTHROPIC_API_KEY",
        "IMAP_URL",
        "SMTP_URL",
        "BOT_SECRET",
        "PORT",
        "https_proxy",
    ]
    for name in names:
        monkeypatch.setenv(name, "real")
    pytester.makeconftest("from tests.conftest import *")
    pytester.makepyfile(f"""
        import os
        def test_clean():
            assert not set({names}) & set(os.environ)
    """)
    pytester.syspathinsert(ROOT)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_missing_browser_is_said_loudly(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.delenv("CHROMIUM", raising=False)
    pytester.makeconftest("from tests.conftest import *")
    pytester.makeini("[pytest]\nmarkers = browser: drives chromium")
    pytester.makepyfile("""
        import pytest
        @pytest.mark.browser
        def test_page():
            assert False
    """)
    pytester.syspathinsert(ROOT)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*NOT TESTED*", "1 browser test(s) did not run: no chromium found*"])


def test_each_test_has_a_working_directory_of_its_own(tmp_path: Path) -> None:
    assert Path.cwd() == tmp_path


async def test_waiting_takes_plain_and_async_predicates() -> None:
    async def answer() -> str:
        return "here"

    assert await wait_until(answer) == "here"
    assert await wait_until(lambda: 7) == 7


async def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(AssertionError, match="not within 0 s: the tide"):
        await wait_until(lambda: False, timeout=0, what="the tide")
