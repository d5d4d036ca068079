"""What a step returned, as people read it."""

import pytest
from pydantic import JsonValue

from bot.playground.model.plain import as_plain, as_table

COMMIT = "9fceb02d0ae598e95dc970b74767f19372d61af8"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ([], "(none)"),
        (["a", "b"], "- a\n- b"),
        (["a", "b", "c", "d"], "- a\n- b\n- c\n- and 1 more"),
        ({"tags": ["v1.0"]}, "- v1.0"),
        (
            [{"name": "v1.0", "commit": COMMIT, "date": "2026-11-20T17:00:00Z"}],
            "- v1.0 (9fceb02d0ae5, 2026-11-20 17:00)",
        ),
        ({"healthy": True, "answer_ms": 12, "output": None}, "healthy: yes\nanswer ms: 12\noutput: none"),
        ({"a": {"b_c": 1}, "d": ["e", "f"]}, "a: b c 1\nd: e, f"),
        ("  text ", "text"),
        (None, "none"),
    ],
)
def test_json_is_shown_plainly(value: JsonValue, shown: str) -> None:
    assert as_plain(value, limit=3) == shown


def test_a_list_of_objects_is_a_table_with_a_column_for_each_name() -> None:
    rows: JsonValue = [{"name": "v1.0", "commit_id": COMMIT}, {"name": "a|b\nc", "healthy": True}]
    assert as_table(rows).split("\n") == [
        "| name | commit id | healthy |",
        "| --- | --- | --- |",
        "| v1.0 | `9fceb02d0ae5` | none |",
        "| a\\|b c | none | yes |",
    ]
    assert as_table(["a"]) == "- a"
