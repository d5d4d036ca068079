"""The digest: any difference that an approver could care about makes another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.approvals.digest import Bound

BOUND = Bound(
    call_hash="h",
    thread="00-a",
    call="c1",
    agent="deploy",
    schema_version="1",
    requesters=("ana",),
    approvers=("rob", "sue"),
    quorum=1,
    snapshot={"commit": "abc"},
)


def test_the_same_call_has_the_same_digest() -> None:
    assert BOUND.digest() == Bound.model_validate_json(BOUND.model_dump_json()).digest()


@pytest.mark.parametrize(
    "other",
    [
        {"call_hash": "i"},
        {"thread": "00-b"},
        {"call": "c2"},
        {"agent": "shop"},
        {"schema_version": "2"},
        {"requesters": ("ana", "bo")},
        {"requesters": ()},
        {"approvers": ("rob",)},
        {"approvers": ("rob,sue",)},
        {"quorum": 2},
        {"snapshot": {"commit": "abd"}},
        {"snapshot": {}},
    ],
)
def test_any_other_part_makes_another_digest(other: dict[str, object]) -> None:
    assert BOUND.model_copy(update=other).digest() != BOUND.digest()


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text(), min_size=1))
def test_the_order_of_a_snapshot_does_not_matter(snapshot: dict[str, JsonValue]) -> None:
    turned = dict(reversed(snapshot.items()))
    assert BOUND.model_copy(update={"snapshot": snapshot}).digest() == (
        BOUND.model_copy(update={"snapshot": turned}).digest()
    )
