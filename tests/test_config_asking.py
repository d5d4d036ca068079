"""bot.toml about asking people: when and where each is asked, and what happens when nobody with a role answers."""

from zoneinfo import ZoneInfo

import pytest

from bot.approvals.hours import Hours, Span, Working
from bot.config import ConfigError, parse_config
from bot.people import Directory
from bot.places import Place
from bot.steps import Ladder

OPERATED = '[people.op]\nroles = ["operators"]\n[roles.operators]\n'
VALID = (
    OPERATED
    + """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
email = "ana@acme.test"
ask = "email"
timezone = "Europe/Berlin"
quiet = "20:00-07:00"
working = "sun-thu 08:00-16:00"
roles = "release"

[people.bo]
slack = "T0ACME/U0BO"
email = "bo@acme.test"
timezone = "America/New_York"
roles = ["release", "board"]

[people.kim]
staff = false
roles = "board"

[roles.release]
remind_after = "4h"
escalate_after = "1d12h"
escalate_to = "operators"
expire_after = "3d"
grants = "8h"
delegates = ["bo", "board", "op"]

[roles.board]
"""
)
DIRECTORY = Directory(parse_config(VALID))


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_config(text)
    return str(refused.value)


def test_a_role_says_what_happens_when_nobody_answers() -> None:
    assert DIRECTORY.ladder("release") == Ladder(
        remind_s=14_400, escalate_s=129_600, escalate_to="operators", expire_s=259_200
    )


def test_without_a_ladder_nobody_is_reminded_and_it_expires_after_a_week() -> None:
    assert DIRECTORY.ladder("board") == Ladder(expire_s=604_800)


def test_a_role_that_is_gone_has_no_ladder() -> None:
    assert DIRECTORY.ladder("gone") == Ladder()


@pytest.mark.parametrize(("role", "seconds"), [("release", 28_800), ("board", 0), ("gone", 0)])
def test_standing_permissions_are_off_unless_a_role_has_them(role: str, seconds: int) -> None:
    assert DIRECTORY.may_grant_s(role) == seconds


def test_delegates_are_insiders_named_as_persons_or_by_role_each_once() -> None:
    assert [person.id for person in DIRECTORY.delegates("release")] == ["bo", "op"]
    assert [DIRECTORY.delegates(role) for role in ("board", "gone")] == [(), ()]


def test_a_person_has_hours_by_the_clock_where_they_are() -> None:
    days = frozenset({6, 0, 1, 2, 3})
    assert DIRECTORY.hours("ana") == Hours(ZoneInfo("Europe/Berlin"), Span(1200, 420), Working(days, Span(480, 960)))


def test_with_a_time_zone_alone_one_works_from_nine_to_five_on_weekdays() -> None:
    hours = DIRECTORY.hours("bo")
    assert hours == Hours(ZoneInfo("America/New_York"), None, Working(frozenset({0, 1, 2, 3, 4}), Span(540, 1020)))


@pytest.mark.parametrize("person", ["kim", "gone", "email:eve@else.test"])
def test_nobody_knows_the_hours_of_somebody_without_a_time_zone(person: str) -> None:
    assert DIRECTORY.hours(person) is None


def test_a_person_is_asked_first_where_they_prefer_to_be() -> None:
    by_mail, in_slack = Place(channel="email", address="ana@acme.test"), Place(channel="slack", address="T0ACME/U0ANA")
    assert [identity.place for identity in DIRECTORY.identities("ana")] == [by_mail, in_slack]
    slack_first = Directory(parse_config(VALID.replace('ask = "email"', 'ask = "slack"')))
    assert [identity.place for identity in slack_first.identities("ana")] == [in_slack, by_mail]
    assert [identity.kind for identity in DIRECTORY.identities("bo")] == ["slack", "email"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[people.a]\ntimezone = "Berlin"', "[people.a] timezone: 'Berlin' should be a time zone of the IANA list"),
        ('[people.a]\ntimezone = "../etc/passwd"', "[people.a] timezone: '../etc/passwd' should be a time zone of the"),
        ('[people.a]\ntimezone = "Europe"', "[people.a] timezone: 'Europe' should be a time zone of the IANA list"),
        ('[people.a]\ntimezone = ""', "[people.a] timezone: '' should be a time zone of the IANA list"),
        ("[people.a]\ntimezone = 1", "[people.a] timezone: should be a valid string"),
        ('[people.a]\nquiet = "8pm-7am"', "[people.a] quiet: '8pm-7am' should be hours of the day such as 20:00-07:00"),
        ("[people.a]\nquiet = 20", "[people.a] quiet: 20 should be hours of the day such as 20:00-07:00"),
        ('[people.a]\nworking = "9-5"', "[people.a] working: '9-5' should be hours of the day such as mon-fri 09:00-"),
        ('[people.a]\nask = "mail"', "[people.a] ask: should be 'slack' or 'email'"),
        ("[roles.a]\nremind_after = 30", "[roles.a] remind_after: 30 should be a length of time such as 90s, 30m, 4h"),
        ('[roles.a]\ngrants = "0h"', "[roles.a] grants: '0h' is no time at all: leave it out to do without"),
        ('[roles.a]\nremind = "4h"', "[roles.a] cannot have 'remind': did you mean remind_after?"),
    ],
)
def test_a_mistake_in_one_table_is_one_line_that_names_it(text: str, says: str) -> None:
    said = refusal(text)
    assert said.startswith(f"bot.toml: {says}")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[people.a]\nquiet = "20:00-07:00"',
            '[people.a] has quiet hours, but by no clock: add timezone = "Europe/Berlin" or where they are',
        ),
        (
            '[people.a]\nworking = "09:00-17:00"',
            '[people.a] has working hours, but by no clock: add timezone = "Europe/Berlin" or where they are',
        ),
        (
            '[people.a]\ntimezone = "UTC"\nquiet = "08:00-15:00"',
            (
                "[people.a] has working hours (09:00-17:00) in their quiet hours (08:00-15:00): "
                "set working, or change quiet"
            ),
        ),
        ('[people.a]\nask = "email"', "[people.a] is to be asked by email, but has no email: add it, or leave ask out"),
        (
            '[roles.a]\nremind_after = "2h"\nexpire_after = "2h"',
            "[roles.a] has remind_after no earlier than expire_after, so it never comes to that: change one of them",
        ),
        (
            '[roles.a]\nremind_after = "8d"',
            (
                "[roles.a] has remind_after no earlier than expire_after (7d if it is left out), "
                "so it never comes to that: change one of them"
            ),
        ),
        (
            '[roles.a]\nescalate_after = "8d"\nescalate_to = "operators"\nexpire_after = "1d"',
            "[roles.a] has escalate_after no earlier than expire_after, so it never comes to that: change one of them",
        ),
        ('[roles.a]\nescalate_after = "1h"', "[roles.a] has escalate_after but no escalate_to: add it"),
        ('[roles.a]\nescalate_to = "operators"', "[roles.a] has escalate_to but no escalate_after: add it"),
        (
            '[roles.a]\nescalate_after = "1h"\nescalate_to = "a"',
            "[roles.a] escalates to itself: name another role, or leave it out",
        ),
        (
            '[roles.a]\nescalate_after = "1h"\nescalate_to = "operator"',
            "[roles.a] escalates to 'operator', which is no role: did you mean operators?",
        ),
        (
            '[roles.a]\nescalate_after = "1h"\nescalate_to = "b"\n[roles.b]',
            '[roles.a] escalates to b, a role that nobody has: add roles = ["b"] to a person',
        ),
        (
            '[people.zoe]\n[roles.a]\ndelegates = "zoo"',
            "[roles.a] has the delegate 'zoo', who is neither person nor role: did you mean zoe?",
        ),
        (
            "[people.zoe]\nstaff = false\n[roles.a]\ndelegates = 'zoe'",
            "[roles.a] has the delegate zoe, who is no insider (staff = false): leave zoe out",
        ),
    ],
)
def test_tables_that_contradict_each_other_are_refused(text: str, says: str) -> None:
    assert refusal(OPERATED + text) == f"bot.toml: {says}"
