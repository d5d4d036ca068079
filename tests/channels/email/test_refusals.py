"""Refusals: each has a name, says what it says in whole sentences, and is told a sender only so often a day."""

import pytest

from channels.email.refusals import TELLINGS, Refused

FOR_PROGRAMS = {Refused.OWN, Refused.AUTO_REPLY, Refused.BOUNCE, Refused.LIST}


@pytest.mark.parametrize("reason", Refused)
def test_every_refusal_has_a_limit_and_is_no_loop(reason: Refused) -> None:
    assert 1 <= TELLINGS[reason].a_day <= 50
    assert reason not in FOR_PROGRAMS or TELLINGS[reason].text == ""


@pytest.mark.parametrize("reason", [reason for reason in Refused if TELLINGS[reason].text])
def test_what_is_told_is_a_sentence_of_its_own(reason: Refused) -> None:
    text = TELLINGS[reason].text
    assert text[0].isupper() or text.startswith("{")
    assert text.endswith((".", "}"))
