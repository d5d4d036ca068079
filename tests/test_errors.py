"""The error root: an error's docstring is its message."""

from bot.errors import CountersignError, SettingsError


class Torn(CountersignError):
    """The card is torn.

    This paragraph is for developers.
    """


class TornTwice(Torn):
    pass


def test_the_first_paragraph_of_the_docstring_is_the_default_message() -> None:
    assert str(Torn()) == "The card is torn."


def test_an_error_without_a_docstring_speaks_with_its_parents() -> None:
    assert str(TornTwice()) == str(Torn())


def test_a_message_for_the_occasion_replaces_the_default() -> None:
    assert str(SettingsError("PORT must be a number")) == "PORT must be a number"
