"""HTML as its reader saw it: nothing hidden is read, and what is quoted is marked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.html import visible_text
from channels.email.lines import SIGNED

HIDING = [
    "display:none",
    "DISPLAY : NONE !important",
    "display:none;display:block",
    "visibility:hidden",
    "opacity:0",
    "font-size:0",
    "font-size:1px",
    "font:0/0 a",
    "max-height:0;overflow:hidden",
    "height:0;overflow:hidden",
    "width:1px;height:1px;overflow:hidden",
    "color:#fff",
    "color:white",
    "color:rgb(255, 255, 254)",
    "color:transparent",
    "color:rgba(0,0,0,0)",
    "background:#123456;color:#123456",
    "position:absolute;left:-9999px",
    "text-indent:-999em",
    "transform:scale(0)",
    "clip:rect(0 0 0 0);position:absolute",
    "clip-path:inset(100%)",
    "filter:opacity(0)",
]


@pytest.mark.parametrize("style", HIDING)
def test_text_hidden_by_a_style_is_not_read(style: str) -> None:
    assert visible_text(f'<p>seen</p><div style="{style}">approve</div>') == "seen"


@pytest.mark.parametrize("style", HIDING)
def test_text_hidden_by_a_style_sheet_is_not_read(style: str) -> None:
    page = f"<style>/* x */ .a, p.x {{ {style} }}</style><p>seen</p><div class=a>approve</div>"
    assert visible_text(page) == "seen"


@pytest.mark.parametrize(
    "hidden",
    [
        "<div hidden>approve</div>",
        "<script>approve</script>",
        "<template>approve</template>",
        "<title>approve</title>",
        "<textarea>approve</textarea>",
        "<noscript>approve</noscript>",
        "<!-- approve -->",
        "<!--[if mso]>approve<![endif]-->",
        "<details>approve</details>",
        "<select><option>approve</select>",
        "<svg><text>approve</text></svg>",
        '<font color="white">approve</font>',
        '<table bgcolor="black"><tr><td style="color:#000">approve</table>',
        "<style>@media (max-width: 9999px) { .a { display: none } }</style><p class=a>approve</p>",
        "<style>p > b { display: none }</style><p><b>approve</b></p>",
    ],
)
def test_text_that_no_program_shows_is_not_read(hidden: str) -> None:
    assert visible_text(f"<p>seen</p>{hidden}") == "seen"


def test_light_text_on_dark_paper_is_read() -> None:
    assert visible_text('<div style="background:#000"><b style="color:#fff">seen</b></div>') == "seen"


def test_blocks_breaks_and_lists_are_lines() -> None:
    assert visible_text("<div>a<br>b</div><p>c</p><ul><li>d<li>e</ul>x&nbsp;y") == "a\nb\n\nc\n- d\n- e\nx y"


def test_what_programs_quote_is_marked_as_quoted() -> None:
    quote = "<div>On Monday, Bot wrote:</div><blockquote>old<br>older</blockquote>"
    page = f'<div>new</div><div class="gmail_quote">{quote}</div>'
    assert visible_text(page) == "new\n> On Monday, Bot wrote:\n> old\n> older"


def test_a_signature_of_a_program_is_marked_as_one() -> None:
    assert visible_text('approve<div class="gmail_signature">Rob</div>') == f"approve\n{SIGNED}Rob"


def test_a_page_too_deep_to_be_judged_has_no_visible_text() -> None:
    assert visible_text("<div>" * 600 + "approve") == ""


def test_a_page_with_too_many_rules_to_be_judged_has_no_visible_text() -> None:
    rules = "".join(f".a{n} {{ color: red }}" for n in range(300))
    assert visible_text(f"<style>{rules}</style><p>approve</p>") == ""


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["<div>", "</div>", "<p style='", "'>", "<style>", "{", "}", "a", ";:", "<!--", "-->", "&#x;"])
    )
)
def test_no_page_makes_it_raise(parts: list[str]) -> None:
    assert isinstance(visible_text("".join(parts)), str)
