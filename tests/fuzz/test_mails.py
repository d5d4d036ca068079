"""The fuzz target holds for the corpus and for what hypothesis makes of it; with atheris, for a while of fuzzing."""

import importlib.util
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.email.mailbag import cases
from tests.fuzz.target import one_input
from tests.helpers import ROOT

RAW = [case.raw for case in cases()]
PIECES = [
    *(
        b"\r\n",
        b"\n\n",
        b"> ",
        b"From: ",
        b"--cut\r\n",
        b"--cut--",
        b"=?utf-8?q?",
        b"?=",
        b"<",
        b">",
        b":",
        b"\0",
        b"\xff",
    ),
    *(
        b"<blockquote>",
        b"<div class=gmail_quote>",
        b"</div>",
        b"<style>",
        b"approve",
        b"-- \r\n",
        b"```",
        b"wrote:\r\n",
    ),
    *(b"Content-Type: multipart/mixed; boundary=cut\r\n", b"Content-Type: text/html; charset=utf-16\r\n", b"=20=\r\n"),
]


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """A mail of the corpus with pieces cut out, doubled and put in."""
    raw = draw(st.sampled_from(RAW))
    for _ in range(draw(st.integers(1, 6))):
        start, length = draw(st.integers(0, len(raw))), draw(st.integers(0, 60))
        piece = draw(st.sampled_from(PIECES) | st.binary(max_size=20) | st.just(raw[start : start + length] * 2))
        raw = raw[:start] + piece + raw[start + draw(st.integers(0, length)) :]
    return raw


@pytest.mark.parametrize("raw", RAW[::5])
def test_the_target_holds_for_the_corpus(raw: bytes) -> None:
    one_input(raw)


@settings(max_examples=300, deadline=None)
@given(mangled())
def test_the_target_holds_for_a_mangled_mail(raw: bytes) -> None:
    one_input(raw)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join) | st.binary(max_size=400))
def test_the_target_holds_for_any_bytes(raw: bytes) -> None:
    one_input(raw)


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris is not installed: `pip install atheris` fuzzes further"
)
def test_the_target_holds_for_a_while_of_fuzzing() -> None:
    words = [sys.executable, "-m", "tests.fuzz.mails", "-runs=2000"]
    done = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr[-3000:]
