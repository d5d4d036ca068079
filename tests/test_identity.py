"""Identities: one spelling each, read back from their keys, and proving nothing on their own."""

import pytest
from hypothesis import given

from bot.addresses import fold_address
from bot.identity import Identity, identity_of
from tests.identities import addresses, identities


@given(identities)
def test_a_key_is_read_back_as_the_same_account_but_proves_nothing(identity: Identity) -> None:
    again = identity_of(identity.key)
    assert (type(again), again.key, again.proven) == (type(identity), identity.key, False)


@pytest.mark.parametrize("key", ["", "ana", "slack:U0ANA", "email:ana", "os:", "os:a b", "phone:1"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r"should|is not"):
        identity_of(key)


@given(addresses)
def test_addresses_are_compared_without_regard_to_case(address: str) -> None:
    upper = "".join(c.upper() if c.isascii() else c for c in address)
    assert fold_address(upper) == fold_address(address)
    assert fold_address(fold_address(address)) == fold_address(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "@acme.test",
        "ana@",
        "a@b@c.test",
        "Ana <ana@acme.test>",
        "a b@acme.test",
        "a\u202e@b.test",
        "ana@acme.test, bo@acme.test",
        f"{'a' * 250}@acme.test",
    ],
)
def test_what_is_not_one_bare_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an e-mail address"):
        fold_address(text)
