"""The corpus: mails of all kinds, programs and languages, each with what is to be understood of it."""

import pytest

from channels.email.parse import read_mail
from channels.email.told import told
from tests.channels.email.mailbag import Case, cases

CASES = cases()


def by_name(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", [case for case in CASES if case.new_text is not None], ids=by_name)
def test_the_new_text_of_a_mail(case: Case) -> None:
    assert read_mail(case.raw, "mx.acme.test").said.new_text == case.new_text


@pytest.mark.parametrize("case", [case for case in CASES if case.expected], ids=by_name)
def test_what_else_is_understood_of_a_mail(case: Case) -> None:
    found = told(read_mail(case.raw, "mx.acme.test"))
    for name, value in case.expected.items():
        if name in {"forwarded", "quoted"}:
            assert value in str(found[name])
        else:
            assert str(found[name] or "") == value
