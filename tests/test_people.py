"""Who is who across channels; whoever is not proven to belong is treated as a stranger."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import Config, Route, parse_config
from bot.identity import EmailIdentity, Identity, OsIdentity, SlackIdentity
from bot.people import Directory, Person, Trust, following
from bot.places import Place
from tests.identities import LISTED_ACCOUNTS, LISTED_ADDRESSES, LISTED_OS_USERS, identities, slack_identities

CONFIG = parse_config("""
[people.ana]
name = "Ana Lima"
slack = ["T0ACME/U0ANA", "T0HOME/W0ANA"]
email = ["ana@acme.test", "ana@home.test"]
os_user = "ana"
roles = ["operators", "release"]

[people.bo]
slack = "T0ACME/U0BO"
roles = "release"

[people.kim]
name = "Kim Park"
email = "kim@partner.test"
slack = "T0ACME/U0KIM"
staff = false

[people.robot]
slack = "T0ACME/U0ROBOT"
roles = "release"

[roles.operators]
[roles.release]
channel = "slack:T0ACME/C0RELEASES"
requesters_may_approve = true

[[routes]]
channel = "slack:T0ACME/C0DEPLOYS"
word = "rollback"
agent = "rollback"

[[routes]]
channel = "slack:T0ACME/C0DEPLOYS"
agent = "deploy"

[[routes]]
address = "help@acme.test"
agent = "support"

[[routes]]
word = "deploy"
agent = "deploy"
""")
DIRECTORY = Directory(CONFIG)
ANA = SlackIdentity(account="T0ACME/U0ANA", proven=True)
MEMBER = SlackIdentity(account="T0ACME/U0ZED", proven=True, name="Zed")
BY_MAIL = EmailIdentity(address="ana@acme.test", proven=True)
STRANGER = EmailIdentity(address="eve@else.test", proven=True)

whos = st.sampled_from([None, "anyone", "members", "people", "release", "operators", "no-such-role"])


def test_generated_identities_meet_the_people_listed_here() -> None:
    people = CONFIG.people.values()
    assert {account for entry in people for account in entry.slack} == set(LISTED_ACCOUNTS)
    assert {address for entry in people for address in entry.email} == set(LISTED_ADDRESSES)
    assert {user for entry in people for user in entry.os_user} == set(LISTED_OS_USERS)


@pytest.mark.parametrize(
    "lookalike", ["\N{KELVIN SIGN}im@partner.test", "k\N{LATIN SMALL LETTER DOTLESS I}m@partner.test"]
)
def test_a_letter_that_folds_to_ascii_makes_nobody_a_colleague(lookalike: str) -> None:
    assert not DIRECTORY.person(EmailIdentity(address=lookalike, proven=True)).listed


@pytest.mark.parametrize(
    "identity",
    [
        ANA,
        SlackIdentity(account="T0HOME/W0ANA", proven=True),
        EmailIdentity(address="Ana@ACME.test", proven=True),
        EmailIdentity(address="ana@home.test", proven=True),
        OsIdentity(user="ana", proven=True),
    ],
)
def test_one_human_is_one_person_in_every_channel(identity: Identity) -> None:
    assert DIRECTORY.person(identity) == Person(
        id="ana", name="Ana Lima", roles=frozenset({"operators", "release"}), staff=True, listed=True
    )
    assert DIRECTORY.trust(identity) == Trust.STAFF


def test_slack_ids_are_compared_exactly_and_with_their_team() -> None:
    assert not DIRECTORY.person(SlackIdentity(account="T0ELSE/U0ANA", proven=True)).listed


def test_someone_unlisted_is_a_person_without_roles() -> None:
    assert DIRECTORY.person(MEMBER) == Person(id="slack:T0ACME/U0ZED", name="Zed")


@pytest.mark.parametrize(
    ("identity", "trust"),
    [
        (MEMBER, Trust.MEMBER),
        (MEMBER.model_copy(update={"is_guest": True}), Trust.GUEST),
        (MEMBER.model_copy(update={"is_external": True, "is_guest": True}), Trust.OUTSIDER),
        (MEMBER.model_copy(update={"is_bot": True}), Trust.OUTSIDER),
        (MEMBER.model_copy(update={"proven": False}), Trust.OUTSIDER),
        (STRANGER, Trust.OUTSIDER),
        (OsIdentity(user="root", proven=True), Trust.OUTSIDER),
        (EmailIdentity(address="kim@partner.test", proven=True), Trust.OUTSIDER),
        (SlackIdentity(account="T0ACME/U0KIM", proven=True), Trust.MEMBER),
        (ANA.model_copy(update={"is_guest": True}), Trust.GUEST),
        (ANA.model_copy(update={"is_external": True}), Trust.OUTSIDER),
        (ANA.model_copy(update={"is_bot": True}), Trust.OUTSIDER),
    ],
)
def test_trust_follows_from_what_the_channel_knows(identity: Identity, trust: Trust) -> None:
    assert DIRECTORY.trust(identity) == trust


@pytest.mark.parametrize("flag", ["is_guest", "is_external"])
def test_a_listed_person_who_is_a_guest_keeps_the_id_and_no_role(flag: str) -> None:
    """The id stays, so that nobody approves as a member what they asked for as a guest."""
    person = DIRECTORY.person(ANA.model_copy(update={flag: True}))
    assert person == Person(id="ana", name="Ana Lima")


def test_an_unproven_sender_is_not_the_one_whose_address_it_is() -> None:
    person = DIRECTORY.person(EmailIdentity(address="ana@acme.test"))
    assert person == Person(id="unproven:email:ana@acme.test", name="ana@acme.test")


@given(identities)
def test_a_role_needs_proof_a_full_account_and_a_line_in_bot_toml(identity: Identity) -> None:
    person = DIRECTORY.person(identity)
    if person.roles or person.staff:
        assert identity.proven
        assert person.listed
        assert identity.key in {f.key for f in (*DIRECTORY.identities(person.id), OsIdentity(user="ana"))}
        if isinstance(identity, SlackIdentity):
            assert {identity.is_guest, identity.is_external, identity.is_bot} == {False}


@given(identities, whos)
def test_only_a_route_for_anyone_lets_someone_talk_who_is_not_proven(identity: Identity, who: str | None) -> None:
    route = Route(agent="deploy", who=who)
    if DIRECTORY.may_talk(route, identity) and who != "anyone":
        assert identity.proven
        assert not (isinstance(identity, SlackIdentity) and (identity.is_guest or identity.is_external))


@given(slack_identities.filter(lambda identity: identity.is_bot), whos)
def test_a_bot_talks_only_if_it_is_listed(identity: SlackIdentity, who: str | None) -> None:
    if DIRECTORY.may_talk(Route(agent="deploy", who=who), identity):
        assert DIRECTORY.person(identity).listed


@pytest.mark.parametrize(
    ("who", "identity", "may"),
    [
        (None, ANA, True),
        (None, MEMBER, True),
        (None, MEMBER.model_copy(update={"is_guest": True}), False),
        (None, BY_MAIL, True),
        (None, EmailIdentity(address="kim@partner.test", proven=True), True),
        (None, STRANGER, False),
        (None, OsIdentity(user="ana", proven=True), True),
        (None, OsIdentity(user="root", proven=True), False),
        ("anyone", STRANGER, True),
        ("anyone", MEMBER.model_copy(update={"is_external": True}), True),
        ("members", BY_MAIL, True),
        ("members", EmailIdentity(address="kim@partner.test", proven=True), False),
        ("people", EmailIdentity(address="kim@partner.test", proven=True), True),
        ("people", SlackIdentity(account="T0ACME/U0ROBOT", proven=True, is_bot=True), True),
        ("people", MEMBER, False),
        ("release", SlackIdentity(account="T0ACME/U0BO", proven=True), True),
        ("operators", SlackIdentity(account="T0ACME/U0BO", proven=True), False),
        ("release", SlackIdentity(account="T0ACME/U0ROBOT", proven=True, is_bot=True), False),
    ],
)
def test_a_route_says_who_may_talk(who: str | None, identity: Identity, may: bool) -> None:  # noqa: FBT001 - a table
    assert DIRECTORY.may_talk(Route(agent="deploy", who=who), identity) is may


def test_a_role_is_everyone_who_has_it() -> None:
    assert [person.id for person in DIRECTORY.with_role("release")] == ["ana", "bo", "robot"]
    assert DIRECTORY.with_role("finance") == ()


def test_a_role_is_asked_in_its_channel_or_by_direct_message() -> None:
    assert DIRECTORY.place_of_role("release") == Place(channel="slack", address="T0ACME/C0RELEASES")
    assert DIRECTORY.place_of_role("operators") is None


def test_requesters_may_approve_only_where_bot_toml_says_so() -> None:
    assert [DIRECTORY.requesters_may_approve(role) for role in ("release", "operators", "finance")] == [
        True,
        False,
        False,
    ]


def test_a_person_is_written_to_in_slack_first_then_by_mail() -> None:
    assert [identity.place for identity in DIRECTORY.identities("ana")] == [
        Place(channel="slack", address="T0ACME/U0ANA"),
        Place(channel="slack", address="T0HOME/W0ANA"),
        Place(channel="email", address="ana@acme.test"),
        Place(channel="email", address="ana@home.test"),
    ]


@given(identities)
def test_whoever_wrote_can_be_written_to_by_the_id_they_got(identity: Identity) -> None:
    person = DIRECTORY.person(identity)
    if not isinstance(identity, OsIdentity):
        assert identity.key in {found.key for found in DIRECTORY.identities(person.id)}


@pytest.mark.parametrize("gone", ["eve", "os:root", ""])
def test_an_id_that_is_not_listed_any_more_is_nobody_with_a_role(gone: str) -> None:
    person = DIRECTORY.by_id(gone)
    assert (person.id, person.roles, person.staff, person.listed) == (gone, frozenset(), False, False)
    assert DIRECTORY.identities(gone) == ()


@pytest.mark.parametrize(
    ("channel", "address", "text", "agent"),
    [
        ("slack:T0ACME/C0DEPLOYS", None, "Rollback, please", "rollback"),
        ("slack:T0ACME/C0DEPLOYS", None, "please rollback", "deploy"),
        ("slack:T0ACME/C0OTHER", None, "deploy: v1.4.0", "deploy"),
        ("slack:T0ACME/C0OTHER", None, "hello", None),
        ("slack:T0ACME/C0OTHER", None, "", None),
        (None, "Help@Acme.test", "deploy", "support"),
        (None, "other@acme.test", "hello", None),
    ],
)
def test_the_first_route_that_matches_is_taken(
    channel: str | None, address: str | None, text: str, agent: str | None
) -> None:
    route = DIRECTORY.route_for(channel=channel, address=address, text=text)
    assert (route.agent if route else None) == agent


def test_whoami_says_how_a_listed_person_stands() -> None:
    assert DIRECTORY.whoami(ANA) == "# slack:T0ACME/U0ANA is listed as ana; roles: operators, release"


def test_whoami_offers_the_lines_to_be_listed_by() -> None:
    lines = DIRECTORY.whoami(MEMBER.model_copy(update={"name": "Bo"}))
    assert lines == '[people.bo-2]\nname = "Bo"\nslack = ["T0ACME/U0ZED"]\n'


def test_whoami_offers_nothing_to_a_guest_or_to_a_sender_without_proof() -> None:
    for identity in (MEMBER.model_copy(update={"is_guest": True}), EmailIdentity(address="eve@else.test")):
        assert DIRECTORY.whoami(identity).startswith(f"# {identity.key}")
        assert tomllib.loads(DIRECTORY.whoami(identity)) == {}


@given(identities)
def test_the_lines_of_whoami_list_exactly_the_one_who_asked(identity: Identity) -> None:
    """Whatever they call themselves, the lines can be pasted, and add one person without a role."""
    text = DIRECTORY.whoami(identity)
    operators = '[people.op]\nroles = ["operators"]\n[roles.operators]\n'
    added = parse_config(operators + text).people.keys() - {"op"}
    if added:
        (person_id,) = added
        person = Directory(parse_config(operators + text)).person(identity)
        assert (person.id, person.roles) == (person_id, frozenset())
        assert person_id not in CONFIG.people


def test_a_directory_is_built_anew_only_for_a_new_configuration() -> None:
    now = [CONFIG]
    directory = following(lambda: now[0])
    first = directory()
    assert directory() is first
    now[0] = Config()
    assert directory().config == Config()
