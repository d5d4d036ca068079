"""A role that is barred from deciding by mail: what its people reply decides nothing, and what they ask is heard."""

import pytest

from bot.approvals import cards
from bot.config import ConfigError, parse_config
from bot.people import Directory
from tests.approvals.answering import refused, said, taken
from tests.builders import LogBuilder, doubtful_call, waiting_call

TEXT = """
[people.ana]
[people.rob]
email = "rob@acme.test"
os_user = "rob"
roles = ["finance", "operators"]
[people.sue]
roles = ["finance", "operators"]
[roles.finance]
mail_decides = false
[roles.operators]
mail_decides = false
"""
BARRED = Directory(parse_config(TEXT))


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


@pytest.mark.parametrize("answer", ["approve", "reject", "edit", "give"])
@pytest.mark.parametrize("proof", ["email:authserv", "email:microsoft", "email:dkim"])
def test_no_answer_by_mail_decides_and_its_sender_hears_where_to_do_it(
    log: LogBuilder, answer: str, proof: str
) -> None:
    _, request = waiting_call(log)
    found = refused(log, request, said("rob", answer, BARRED, proof=proof), BARRED)
    assert found.reason == "by_mail"
    assert "`bot approve`" in found.text


def test_the_same_answer_by_another_way_decides(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    assert taken(log, request, said("rob", "approve", BARRED, proof="os"), BARRED).outcome == "approved"


def test_without_the_setting_a_mail_decides(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    assert taken(log, request, said("rob", "approve", proof="email:dkim")).outcome == "approved"


def test_a_question_to_the_agent_may_come_by_mail(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    asked = said("rob", "say", BARRED, proof="email:dkim", text="Which customer?")
    assert taken(log, request, asked, BARRED).outcome is None


def test_a_doubt_is_not_settled_by_mail(log: LogBuilder) -> None:
    _, request = doubtful_call(log)
    found = refused(log, request, said("rob", "choose", BARRED, proof="email:dkim", option="run_it"), BARRED)
    assert found.reason == "by_mail"


def test_the_card_says_that_it_is_not_decided_by_mail(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    opened = log.thread.requests[request].opened
    assert [cards.card(log.thread, opened, BARRED).mail_decides, cards.mail_decides(opened, BARRED)] == [False, False]


def test_a_role_that_could_decide_nowhere_else_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigError, match=r"\[roles.finance\] has mail_decides = false, and nobody"):
        parse_config(TEXT.replace('os_user = "rob"\n', ""))
