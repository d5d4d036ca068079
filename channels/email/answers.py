"""What a reply means to the request that it answers, and how to answer where it means nothing."""

from dataclasses import dataclass
from typing import assert_never

from bot.bodies import AnswerKind
from bot.port import Asked
from channels.email import decision
from channels.email.cards import labels
from channels.email.mail import Said
from channels.email.refusals import HOW_TO_DECIDE


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in the core's terms."""

    answer: AnswerKind
    option: str | None = None
    text: str = ""


def understand(asked: Asked, said: Said, name: str) -> Answer | None:
    """Return the answer that a reply gives; None: it gives none, and is a message."""
    match asked.kind:
        case "approval":
            found = decision.approval(said, name)
            match found.answer:
                case "approve":
                    return Answer("approve")
                case "reject":
                    return Answer("reject", text=found.reason)
                case "choose" | "none":
                    return None
        case "question" if asked.format == "free_text":
            return Answer("say", text=said.new_text) if said.new_text and not said.forwarded else None
        case "question" | "doubt" | "stuck":
            found = decision.choice(said, asked.options, labels(asked.kind, asked.options), name)
            return Answer("choose", option=found.option) if found.answer == "choose" else None
        case _:
            assert_never(asked.kind)


def how(asked: Asked) -> str:
    """Say how to answer this request by mail."""
    if asked.kind == "approval":
        return HOW_TO_DECIDE["approval"]
    if asked.format == "free_text":
        return HOW_TO_DECIDE["free_text"]
    if set(asked.options) == {"yes", "no"}:
        return HOW_TO_DECIDE["yes_no"]
    numbered = enumerate(labels(asked.kind, asked.options), 1)
    return HOW_TO_DECIDE["choice"].format(options="; ".join(f"{number} ({label})" for number, label in numbered))
