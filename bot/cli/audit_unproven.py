"""What `bot audit verify` cannot prove, in plain words, with how many entries each is about. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.audit.heads import Heads
from bot.audit.verify import Examined
from bot.cli.output import local


@dataclass(slots=True)
class Sum:
    """What all threads come to."""

    threads: int = 0
    entries: int = 0
    findings: int = 0
    wrong: set[str] = field(default_factory=set[str])  # threads with findings
    newer: int = 0  # threads that the export does not know
    signed: int = 0
    unsigned: int = 0
    noted: int = 0
    erased: int = 0

    def add(self, examined: Examined, *, newer: bool) -> None:
        """Count one thread."""
        self.threads += 1
        self.entries += examined.version
        self.newer += newer
        self.signed += examined.signed
        self.unsigned += examined.unsigned
        self.noted += examined.noted
        self.erased += examined.erased


def unproven(total: Sum, known: Heads | None) -> Iterator[str]:
    """One sentence or two for each thing that a clean result leaves open."""
    if known is None:
        yield (
            "that no log lost its end and no thread is missing. For that, keep `bot audit heads` elsewhere "
            "and give it back with --heads."
        )
    else:
        yield (
            f"that no log lost what came after the export of {local(known.at)}, and that no thread that began later "
            f"is missing ({total.newer:,} of those that are there did)."
        )
    if total.signed:
        yield (
            f"the order, the times and the number of {total.signed:,} entries at the ends of logs, which no seal"
            f"{'' if known is None else ' and no export'} covers yet. They are signed: nobody without BOT_SECRET wrote "
            "or altered what they say, but they could have been removed, or put in another order with other times."
        )
    if total.unsigned:
        yield (
            f"anything about {total.unsigned:,} notes there of what was delivered or was not: nobody signs these, "
            "so whoever can write to Redis could have added, altered or removed them."
        )
    if total.noted:
        yield (
            f"who wrote {total.noted:,} notes of deliveries that a seal or an export covers; only that nobody altered "
            "them since. Nothing is decided by them."
        )
    if total.erased:
        yield f"what {total.erased:,} erased texts said, nor who erased them."
    yield (
        "that times are right: they are the store's clock. No signature covers them. The next seal does, and an "
        "export: from then on they cannot be altered."
    )
    yield (
        "anything against somebody who holds BOT_SECRET: they can write logs that pass. What they change before the "
        "entry that was exported shows only against an export that they could not touch."
    )
