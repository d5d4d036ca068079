"""Strategies that make identities of every kind: listed or not, proven or not, with any flag."""

from hypothesis import strategies as st

from bot.identity import EmailIdentity, Identity, OsIdentity, SlackIdentity

# The ones that tests/test_people.py lists, so that generated identities meet its people.
LISTED_ACCOUNTS = ["T0ACME/U0ANA", "T0HOME/W0ANA", "T0ACME/U0BO", "T0ACME/U0KIM", "T0ACME/U0ROBOT"]
LISTED_ADDRESSES = ["ana@acme.test", "ana@home.test", "kim@partner.test"]
LISTED_OS_USERS = ["ana"]

slack_identities = st.builds(
    SlackIdentity,
    account=st.one_of(
        st.sampled_from(LISTED_ACCOUNTS),
        st.from_regex(r"[TE][A-Z0-9]{1,12}/[UWB][A-Z0-9]{1,12}", fullmatch=True),
    ),
    name=st.text(),
    proven=st.booleans(),
    is_guest=st.booleans(),
    is_external=st.booleans(),
    is_bot=st.booleans(),
)
addresses = st.one_of(st.sampled_from(LISTED_ADDRESSES), st.emails()).filter(
    lambda text: not set('\\"()[]') & set(text)
)
email_identities = st.builds(EmailIdentity, address=addresses, name=st.text(), proven=st.booleans())
os_identities = st.builds(
    OsIdentity,
    user=st.sampled_from(LISTED_OS_USERS) | st.from_regex(r"[a-z_][a-z0-9_.-]{0,30}", fullmatch=True),
    name=st.text(),
    proven=st.booleans(),
)
identities: st.SearchStrategy[Identity] = st.one_of(slack_identities, email_identities, os_identities)
