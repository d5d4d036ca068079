"""Answers in Markdown as HTML for mails: styled in place, light and dark, leading nowhere but to pages and mails."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.places import Text
from channels.email.markdown import html_of
from tests.channels.email.arriving import html_of as page_of
from tests.channels.email.arriving import sent
from tests.channels.email.cards import ANA

TABLE = "| Service | Health |\n|---|---:|\n| backend | ok |\n"


def test_a_table_has_borders_and_keeps_its_alignment() -> None:
    page = html_of(TABLE)
    assert re.search(r'<td style="[^"]*border:1px solid[^"]*text-align:right" class="cell"', page)


@pytest.mark.parametrize("code", ["```python\nprint('<b>')\n```", "    print('<b>')"])
def test_code_is_a_block_that_breaks_where_it_is_too_wide(code: str) -> None:
    page = html_of(code)
    assert re.search(r'<pre class="value" style="[^"]*white-space:pre-wrap', page)
    assert "print(&#x27;&lt;b&gt;&#x27;)</pre>" in page


@pytest.mark.parametrize(
    "url", ["javascript:a", "data:text/html,x", "file:///etc/passwd", "ms-word:x", "ftp://x.test", "/x"]
)
def test_a_link_leads_to_no_program(url: str) -> None:
    assert "<a " not in html_of(f"[here]({url})")


@pytest.mark.parametrize("url", ["https://acme.test/x", "http://acme.test", "mailto:ana@acme.test"])
def test_a_link_says_where_it_leads(url: str) -> None:
    page = html_of(f"[here]({url})")
    assert f'href="{url}"' in page
    assert f"</a> ({url})" in page


def test_no_picture_is_fetched_and_no_html_is_taken() -> None:
    page = html_of("![x](https://evil.test/p.png) <img src=x> <style>body{display:none}</style>")
    assert "<img" not in page
    assert "<style" not in page


def test_every_colour_has_its_counterpart_where_it_is_dark() -> None:
    page = page_of(sent(Text(markdown=f"{TABLE}\n[a](https://x.test) `code`"), ANA))
    assert '<meta name="color-scheme" content="light dark">' in page
    dark = page.partition("@media (prefers-color-scheme:dark)")[2].partition("</style>")[0]
    for name in set(re.findall(r'class="([a-z]+)"', page)):
        assert f".{name}" in dark


def test_layout_tables_are_none_to_a_screen_reader() -> None:
    page = page_of(sent(Text(markdown="Hello"), ANA))
    assert '<html lang="en">' in page
    assert page.count("<table") == page.count('<table role="presentation"') == 1


@given(st.text(max_size=300))
def test_any_text_gives_no_tag_of_its_own(text: str) -> None:
    assert not re.search(r"<(script|style|img|iframe|object|form|meta|link)\b", html_of(text), re.IGNORECASE)
