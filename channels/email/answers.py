"""What a reply means to the request that it answers, and what its sender hears of it."""

from collections.abc import Mapping
from typing import assert_never

from bot.durations import duration
from bot.port import Answered, Asked
from bot.visible import line
from channels.email.decision import Answer, Unclear, approval, choice, given
from channels.email.fields import value_text
from channels.email.mail import Mail
from channels.email.offers import briefly, offer_of

_NOTHING_NEW = "I found no new text in your mail: what is quoted or forwarded decides nothing."
_LONGEST = 300  # characters of a value that is told back


def understand(asked: Asked, mail: Mail, name: str) -> Answer | Unclear | None:
    """Return what a reply to this request means; None: it is a message like any other.

    What decides nothing, said to an approval, a doubt or a question with options, is a question to the agent. It is
    not a message: those who wait in the thread would read the answer.
    """
    offer = offer_of(asked)
    match asked.kind:
        case "approval":
            return approval(mail.said, offer, name) or _asked_back(mail)
        case "question" if offer.is_free_text:
            said = mail.said
            return Answer("say", text=said.new_text) if said.new_text and not said.forwarded else None
        case "doubt":
            return choice(mail.said, offer, name) or given(mail.said, name) or _asked_back(mail)
        case "question":
            # Who goes on writing after their question is closed goes on with the conversation.
            found = choice(mail.said, offer, name) or given(mail.said, name)
            return found or (_asked_back(mail) if asked.is_open else None)
        case "stuck":
            return choice(mail.said, offer, name)
        case _:
            assert_never(asked.kind)


def is_question_back(asked: Asked, answer: Answer) -> bool:
    """Whether this is a question to the agent, which leaves the request as it is."""
    return answer.answer == "say" and not offer_of(asked).is_free_text


def how(asked: Asked) -> str:
    """Say how to answer this request by mail."""
    return briefly(offer_of(asked))


def echo(asked: Asked, answer: Answer, answered: Answered) -> str:
    """Say what was understood, where no mail about the outcome does: questions, changes, an approval for a while."""
    if is_question_back(asked, answer):
        return f"I passed your question to the agent; nothing was decided. {how(asked)}"
    told = [answered.text]
    if answer.grant_s and answered.pending:
        told.append(
            f"Nothing is let run for {duration(answer.grant_s)}: that takes the last of those who have to approve."
        )
    elif answer.grant_s:
        told.append(f"I understood: approve, and let this very call run without asking for {duration(answer.grant_s)}.")
    if answer.answer == "edit":
        before = {field.name: value_text(field) for field in asked.fields}
        told.append(f"I understood:\n\n{_changes(before, answer.edits)}")
    return "\n\n".join(told)


def _changes(before: Mapping[str, str], edits: Mapping[str, str]) -> str:
    return "\n".join(f"- {name}: {_shown(before.get(name, ''))} → {_shown(value)}" for name, value in edits.items())


def _shown(value: str) -> str:
    return line(value, _LONGEST) or "(empty)"


def _asked_back(mail: Mail) -> Answer | Unclear:
    return Answer("say", text=mail.whole) if mail.said.new_text else Unclear(_NOTHING_NEW)
