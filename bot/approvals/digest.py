"""What an approval is bound to: the exact call, in its thread, for these people, with these facts."""

from pydantic import JsonValue

from bot.bodies import Record
from bot.steps import hash_of


class Bound(Record):
    """Everything that an approver relies on. Any difference makes another digest."""

    call_hash: str | None
    thread: str
    call: str | None
    agent: str
    schema_version: str  # of the step's own form
    requesters: tuple[str, ...]
    approvers: tuple[str, ...]
    quorum: int
    snapshot: dict[str, JsonValue]
    escalates_to: tuple[str, ...] = ()  # whoever else may decide it, if nobody else does

    def digest(self) -> str:
        """SHA-256 (hex) over all of it."""
        return hash_of(self.model_dump(mode="json"))
