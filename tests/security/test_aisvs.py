"""docs/aisvs.md claims nothing for which there is no test."""

import ast
import re

import pytest

from tests.helpers import ROOT

PAGE = (ROOT / "docs" / "aisvs.md").read_text()
ROWS = re.findall(r"^\| (9\.\d\.\d+) \| ([123]) \| (.+) \| (met|partly|not) \|$", PAGE, re.MULTILINE)
SECTIONS = {
    number: (verdict, body)
    for heading, verdict, body in re.findall(r"(?ms)^### (.+?): (met|partly|not)\n(.*?)(?=^###? |\Z)", PAGE)
    for number in re.findall(r"9\.\d\.\d+", heading)
}
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
LEVELS = {f"9.2.{number}": level for number, level in enumerate((1, 2, 2, 2, 2, 2, 2, 3, 3, 3), 1)} | {"9.6.2": 2}
"""As they stand in AISVS 1.0, chapter C9."""


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_every_test_that_is_named_is_there_and_not_expected_to_fail(file: str, name: str) -> None:
    whole = ast.walk(ast.parse((ROOT / file).read_text()))
    tests = {node.name: node for node in whole if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in tests
    assert not any("xfail" in ast.unparse(mark) or "skip" in ast.unparse(mark) for mark in tests[name].decorator_list)


def test_every_requirement_is_there_once_with_its_level() -> None:
    assert {number: int(level) for number, level, _, _ in ROWS} == LEVELS
    assert len(ROWS) == len(LEVELS)


def test_every_result_is_told_of_and_what_is_partly_met_says_what_is_missing() -> None:
    assert {number: verdict for number, (verdict, _) in SECTIONS.items()} == {row[0]: row[3] for row in ROWS}
    assert [
        number for number, (verdict, body) in SECTIONS.items() if (verdict == "partly") != ("Missing:" in body)
    ] == []


def test_nothing_is_said_to_be_met_without_a_test() -> None:
    assert [number for number, (verdict, body) in SECTIONS.items() if verdict != "not" and "::test_" not in body] == []
