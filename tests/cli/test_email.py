"""`bot email read` and `bot email reply`: what they print, and that `bot email` beside them is what it was."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.channels.email.mails import PASS, mail
from tests.cli.conftest import BOT, Said

KEYS = (
    "message_id from subject kind refusal new_text quoted forwarded in_reply_to references attachments authenticated "
    "decision"
)
QUOTE = "\n\nOn Fri, Nov 20, 2026 at 5:00 PM Bot <bot@acme.test> wrote:\n\n> approve or reject?"


@pytest.fixture
def approving(tmp_path: Path) -> str:
    more = {"In-Reply-To": "<card@acme.test>", "References": "<root@acme.test> <card@acme.test>"}
    path = tmp_path / "approving.eml"
    path.write_bytes(mail(f"Approve{QUOTE}", more=more))
    return str(path)


def test_a_mail_is_one_line_with_all_that_was_understood(here: Callable[..., Said], approving: str) -> None:
    done = here("email", "read", approving)
    (found,) = done.records()
    assert (done.code, done.err, list(found)) == (0, "", KEYS.split())
    assert (found["new_text"], found["decision"], found["kind"], found["refusal"]) == (
        "Approve",
        "approve",
        "human",
        None,
    )
    assert (found["from"], found["in_reply_to"]) == ("rob@acme.test", "<card@acme.test>")
    assert found["references"] == ["<root@acme.test>", "<card@acme.test>"]
    assert "approve or reject?" in str(found["quoted"])


def test_nobody_is_authenticated_without_mail_auth(here: Callable[..., Said], approving: str) -> None:
    (found,) = here("email", "read", approving).records()
    assert found["authenticated"] == {"ok": False, "how": "", "why": "MAIL_AUTH is not set, so no sender is proven"}


def test_mail_auth_says_who_vouches(here: Callable[..., Said], approving: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_AUTH", PASS.split(";")[0])
    (found,) = here("email", "read", approving).records()
    assert found["authenticated"] == {
        "ok": True,
        "how": "email:authserv",
        "why": "mx.acme.test says dmarc=pass for acme.test",
    }


def test_a_mail_that_is_never_answered_names_its_refusal_and_decides_nothing(
    here: Callable[..., Said], tmp_path: Path
) -> None:
    (tmp_path / "away.eml").write_bytes(mail("approve", more={"Auto-Submitted": "auto-replied"}))
    (found,) = here("email", "read", str(tmp_path / "away.eml")).records()
    assert (found["kind"], found["refusal"], found["decision"]) == ("auto_reply", "auto_reply", None)


def test_an_unreadable_file_is_named_and_loses_none_of_the_others(here: Callable[..., Said], approving: str) -> None:
    done = here("email", "read", approving, "not-there.eml", approving)
    assert (done.code, len(done.records())) == (2, 2)
    assert done.err == "bot: not-there.eml cannot be read: No such file or directory\n"


def test_a_folder_is_no_mail(here: Callable[..., Said], tmp_path: Path) -> None:
    done = here("email", "reply", str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("raw", [b"", b"\0\xff\xfe", b"From: a\n" * 9000], ids=["empty", "binary", "heads"])
def test_whatever_a_file_holds_is_one_line(here: Callable[..., Said], tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "any").write_bytes(raw)
    done = here("email", "read", str(tmp_path / "any"))
    assert (done.code, len(done.records())) == (0, 1)


def test_a_body_alone_is_taken_apart(here: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "body.txt").write_text(f"Grüße, not yet{QUOTE}", encoding="utf-8")
    (found,) = here("email", "reply", str(tmp_path / "body.txt")).records()
    assert (found["new_text"], found["decision"]) == ("Grüße, not yet", None)


def test_a_dash_is_the_standard_input(tmp_path: Path) -> None:
    typed = f"reject too early{QUOTE}".encode()
    words = [BOT, "email", "reply", "-"]
    done = subprocess.run(words, check=True, cwd=tmp_path, input=typed, capture_output=True, timeout=60)
    assert done.stderr == b""
    assert b'"new_text": "reject too early"' in done.stdout


@pytest.mark.usefixtures("bot")
def test_bot_email_alone_still_watches_the_mailbox(here: Callable[..., Said]) -> None:
    """Here it says at once what it would need for that."""
    done = here("email", "-v")
    assert done.code == 2
    assert "IMAP_URL is not set" in done.err
