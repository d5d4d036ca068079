"""What holds for every test: nothing of this machine's user reaches it, and it reaches nothing but this machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import Settings
from tests import network
from tests.helpers import chromium, dovecot, exim

NO_CHROMIUM = "no chromium found (Debian, Ubuntu: apt install chromium; elsewhere: name it in CHROMIUM)"
NO_EXIM = "no exim4 found (Debian, Ubuntu: apt install exim4-daemon-light)"
NO_DOVECOT = "no dovecot found (Debian, Ubuntu: apt install dovecot-imapd dovecot-lmtpd)"
PROGRAMS = {
    "browser": (chromium, NO_CHROMIUM, "browser"),
    "dovecot": (dovecot, NO_DOVECOT, "Dovecot"),
    "exim": (exim, NO_EXIM, "Exim"),
}
"""What a marked test needs: how it is found, why the test is skipped otherwise, and what the test is called then."""
SETTINGS = {name.upper() for name in Settings.model_fields}
CLIENTS_OWN = ("ANTHROPIC_", "SLACK_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")  # what the clients read besides


def pytest_configure() -> None:
    """Take the user's settings away before any test, fixture or subprocess can read them."""
    for name in list(os.environ):
        if name.upper() in SETTINGS or name.upper().startswith(CLIENTS_OWN):
            del os.environ[name]
    network.forbid_real_network()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests for which a program is missing."""
    for marker, (find, reason, _) in PROGRAMS.items():
        if find() is None:
            for item in items:
                if item.get_closest_marker(marker):
                    item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what was not tested for want of a program."""
    reports: list[pytest.TestReport] = terminalreporter.getreports("skipped")
    missed = {
        f"{len(found)} {what} test(s) did not run: {reason}."
        for _, reason, what in PROGRAMS.values()
        if (found := [report for report in reports if reason in str(report.longrepr)])
    }
    if missed:
        terminalreporter.section("NOT TESTED", sep="!", red=True, bold=True)
        for line in sorted(missed):
            terminalreporter.line(line, red=True, bold=True)


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give each test a working directory without anyone's `.env`, `bot.toml` or `.bot/`, and watch its calls."""
    monkeypatch.chdir(tmp_path)
    before = len(network.refused)
    yield
    assert not network.refused[before:], "this test tried to leave the machine"


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser for `playwright.chromium.launch(executable_path=...)`; the test carries the marker `browser`."""
    path = chromium()
    assert path, NO_CHROMIUM
    return path
