"""The root of every error the bot raises on purpose."""

import inspect


class CountersignError(Exception):
    """Something went wrong in a way that the bot knows; see the log for what came before it."""

    def __init__(self, message: str | None = None) -> None:
        """Take a message for this occasion, or else the first paragraph of the class's docstring."""
        super().__init__(message or default_message(type(self)))


class SettingsError(CountersignError):
    """A setting is missing or wrong; `bot doctor` names it and how to mend it."""


def default_message(error: type[CountersignError]) -> str:
    """Return the first paragraph of the error's docstring (its own, or the nearest parent's) as one line."""
    return " ".join((inspect.getdoc(error) or error.__name__).split("\n\n", 1)[0].split())
