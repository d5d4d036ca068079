"""Choose the next step by the rules of rules.toml. There is no model here, and it says so."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from bot.playground.model.offer import Offer, read_offer
from bot.playground.model.plain import as_plain, as_table
from bot.playground.model.rules import Rule, Rules, load_rules
from bot.playground.model.schema import Schema
from bot.playground.model.transcript import Event, Transcript, read_transcript

ANNOUNCEMENT = "Rehearsal: steps are chosen by visible rules, no model is asked, and nothing leaves this machine."

# Steps that may well be chosen twice in one task; anything else has had its turn, whatever came of it.
REPEATABLE = frozenset({"done_for_now", "reply", "keep_waiting", "withdraw", "hand_off"})

_PLACE = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)*)\}")


@dataclass(frozen=True, slots=True)
class Choice:
    """The step that a rule chose."""

    rule: str
    step: str
    why: str
    fields: dict[str, JsonValue]

    def answer(self) -> dict[str, JsonValue]:
        """In the form that the schema asks for."""
        return {"next": {"step": self.step, "why": self.why, **self.fields}}


class UnknownWordError(Exception):
    """A template names something that this thread does not tell; its rule is passed over."""


def choose(blocks: Sequence[str], schema: Schema, system: str = "", rules: Rules | None = None) -> Choice | None:
    """The step of the first rule that holds; None if none does, or if the schema offers no steps."""
    rules = rules or load_rules()
    scene = Scene.of(read_transcript(blocks), read_offer(schema, system), rules)
    return next(scene.choices(rules), None)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the rules look at."""

    thread: Transcript
    task: Transcript  # the part of the thread since the message that began the task
    newest: Event
    offer: Offer
    about: str  # the step that the newest event is about; empty when it is about none
    said: Mapping[str, JsonValue]
    words: Mapping[str, JsonValue]

    @classmethod
    def of(cls, thread: Transcript, offer: Offer, rules: Rules) -> "Scene":
        task = thread.since(rules.task)
        newest = thread.newest() or Event("message", {}, "")
        step, said = thread.step(newest.of), _said(task, rules)
        about = step.attributes.get("name", "") if step else ""
        words = {"said": said, **_words(thread, task, newest, rules)}
        return cls(thread, task, newest, offer, about, said, words)

    def choices(self, rules: Rules) -> Iterator[Choice]:
        """What every rule that holds would choose, in their order."""
        for name, rule in rules.rule.items():
            if self._holds(rule) and (choice := self._choice(name, rule)) is not None:
                yield choice

    def _holds(self, rule: Rule) -> bool:
        begun = self.task.events[0].text if self.task.events else ""
        # A question of those who decide is understood like a message, unless a rule is made for it.
        kinds = {self.newest.kind, f"{self.newest.kind} of {self.about}"}
        kinds |= {"message"} if self.newest.kind == "question" else set()
        return (
            (not rule.after or not kinds.isdisjoint(rule.after))
            and (rule.text is None or rule.text.search(self.newest.text) is not None)
            and (rule.task is None or rule.task.search(begun) is not None)
            and (rule.waiting is None or rule.waiting == self.thread.waiting())
            and (rule.delegates is None or rule.delegates == self.thread.delegates())
            and (not rule.offers or rule.offers in self.offer.steps)
            and (not rule.lacks or rule.lacks not in self.offer.steps)
            and (not rule.missing or rule.missing not in self.said)
        )

    def _choice(self, name: str, rule: Rule) -> Choice | None:
        """Fill in the rule's words; None if one is unknown, or the step is not on offer, or was chosen before."""
        groups = rule.text.search(self.newest.text) if rule.text else None
        words = {
            **self.words,
            **{name: value for name, value in (groups.groupdict() if groups else {}).items() if value},
        }
        step = rule.step or ("reply" if self.thread.waiting() else "done_for_now")
        try:
            fields = {
                name: filled(value, words)
                for name, value in ({"message": rule.say} if rule.say else rule.with_).items()
            }
            why = str(filled(rule.why, words))
        except UnknownWordError:
            return None
        fitting = self.offer.fit(step, fields)
        again = rule.again or step in REPEATABLE or self.newest.kind == "question"
        if fitting is None or (not again and (step, fitting) in self.task.steps()):
            return None
        return Choice(name, step, why, fitting)


def _words(thread: Transcript, task: Transcript, newest: Event, rules: Rules) -> dict[str, JsonValue]:
    """Everything that a template can name, as far as this thread tells it."""
    args = thread.arguments(newest.of)
    words: dict[str, JsonValue] = {
        "text": newest.text,
        "by": newest.attributes.get("by", ""),
        "args": args,
        "edited_by": thread.edited_by(newest.of),
        "last": _last(thread),
        "result": newest.data if newest.kind == "result" else None,
        "reason": _recognised(newest.text, rules, other_than=args),
        "rejection": _rejection(task),
        **_beside(thread),
        "heard": [event.text for event in task.events if event.kind == "delegate_finished"],
        "failure": next((event.text for event in reversed(task.events) if event.kind == "failed"), None),
    }
    prefetched: list[JsonValue] = [event.data for event in thread.events if event.kind == "prefetched"]
    tags = sorted({tag for tag in _tags(prefetched) if rules.words["tag"].fullmatch(tag)}, key=_version)
    words |= {"newest_tag": tags[-1] if tags else None, "tag_before": tags[-2] if len(tags) > 1 else None}
    words |= {"oldest_tag": tags[0] if tags else None}
    words["known"] = {name: value for data in prefetched if isinstance(data, dict) for name, value in data.items()}
    return words


def _rejection(task: Transcript) -> JsonValue:
    """Who said no last, and why."""
    said = next((event for event in reversed(task.events) if event.kind == "rejected"), None)
    return {"by": said.attributes.get("by", ""), "text": said.text} if said else None


def _beside(thread: Transcript) -> dict[str, JsonValue]:
    """What came with messages: {earlier}, as others said it, and of the last file {file.name} and {file.text}."""
    said: list[JsonValue] = [f"{e.attributes.get('by', '')}: {e.text}" for e in thread.events if e.kind == "said"]
    file = next((event for event in reversed(thread.events) if event.kind == "file"), None)
    read: JsonValue = {"name": file.attributes.get("name", ""), "text": file.text} if file else None
    return {"earlier": said or None, "file": read}


def _last(thread: Transcript) -> dict[str, JsonValue]:
    """What steps were called with, also before this task: {last.order}, or of one step {last.start_return.order}."""
    newest: dict[str, JsonValue] = {name: value for _, given in thread.steps() for name, value in given.items()}
    return {**newest, **dict(thread.steps())}


def _said(task: Transcript, rules: Rules) -> dict[str, JsonValue]:
    """The words of the message that began the task, replaced by later ones of messages and answers."""
    said = dict[str, JsonValue]()
    for n, event in enumerate(task.events):
        if event.kind in {"message", "answered"}:
            guesses = _recognised(event.text, rules, guess=True) if n == 0 else {}
            said |= {**guesses, **_recognised(event.text, rules)}
    return said


def _recognised(
    text: str, rules: Rules, *, guess: bool = False, other_than: Mapping[str, JsonValue] | None = None
) -> dict[str, JsonValue]:
    """The last word of each sort in this text; one that equals `other_than`'s is what it should not be."""
    found = dict[str, JsonValue]()
    for name, pattern in (rules.guesses if guess else rules.words).items():
        for match in pattern.finditer(text):
            word = match[1] if name == "tag" else rules.aliases.get(match[1].lower(), match[1].lower())
            if word != (other_than or {}).get(name):
                found[name] = word
    return found


def _tags(value: JsonValue, *, inside: bool = False) -> Iterator[str]:
    """Every string that stands under a key `tags`, however deep."""
    match value:
        case dict():
            for key, child in value.items():
                yield from _tags(child, inside=inside or key == "tags")
        case list():
            for child in value:
                yield from _tags(child, inside=inside)
        case str() if inside:
            yield value
        case _:
            return


def _version(tag: str) -> tuple[list[int], bool, str]:
    """Sort key: by the numbers; a pre-release (v1.4.0-rc.1) before its release."""
    release, dash, rest = tag.lstrip("v").partition("-")
    return [int(number) for number in release.split(".")], not dash, rest


def filled(template: JsonValue, words: Mapping[str, JsonValue]) -> JsonValue:
    """Put the words in their places. Raises UnknownWordError."""
    match template:
        case str():
            return _PLACE.sub(lambda place: _word(place[1], words), template)
        case list():
            return [filled(item, words) for item in template]
        case dict():
            return {name: filled(item, words) for name, item in template.items()}
        case _:
            return template


def _word(path: str, words: Mapping[str, JsonValue]) -> str:
    value: JsonValue = dict(words)
    as_text = as_table if path.endswith(".table") else as_plain
    for key in path.removesuffix(".table").split("."):
        value = value.get(key) if isinstance(value, dict) else None
    if value is None or value == "":
        raise UnknownWordError(path)
    return as_text(value)
