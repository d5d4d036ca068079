"""When Slack was last heard, and whether something may have been missed since: what tells the back-fill to look."""

import asyncio
import time

from channels.slack.early import Early, Nowhere


class Hearing:
    """What the ways in know, for whoever looks at history."""

    def __init__(self) -> None:
        """Nothing was heard so far."""
        self.early: Early = Nowhere()  # replies that came too early; the composition root lets all processes know
        self.at = 0.0  # when the last request came; Unix seconds
        self.in_doubt = False  # something came and could not be stored; Slack sends it again only a few times
        self.silent = False  # a connection was up and brought nothing for long, which may be all there was
        self.gap = asyncio.Event()  # nothing could come for a while, and now it can

    def heard(self) -> None:
        """Note that Slack reaches us."""
        self.at = time.time()
