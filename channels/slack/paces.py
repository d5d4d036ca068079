"""How often Slack lets us write: https://docs.slack.dev/apis/web-api/rate-limits."""

from bot.places import Decision, Delivery, Notice, Text
from bot.port import Pace
from channels.slack.limits import WHOLE

BURST = 5
"""Messages in one channel by `chat.postMessage`, before they go out one a second (`SlackSettings.pace_s`)."""
UPDATE_EVERY_S = 1.2
"""Of a whole workspace, by `chat.update`: tier 3, which is 50 a minute and more; in terms of the pause above."""
UPDATES = 20


def paces(delivery: Delivery, post_every_s: float) -> tuple[Pace, ...]:
    """Return the limits of a delivery. What people wait for goes at once.

    That is a notice, an outcome on its card, or an answer in the place of how far it was. It waits only while Slack
    asks for it, by a 429 to the same method.
    """
    target = delivery.place.address.rpartition("/")[2]
    match delivery.content:
        case Notice():
            return (Pace(key="slack:chat.postEphemeral"),)
        case Decision() | Text() if delivery.replaces:
            return (Pace(key="slack:chat.update"),)
        case _ if delivery.replaces:
            rest = Pace(key="slack:chat.update:rest", every_s=UPDATE_EVERY_S * post_every_s, burst=UPDATES)
            return Pace(key="slack:chat.update"), rest
        case content:
            parts = 1 + len(content.markdown) // WHOLE if isinstance(content, Text) else 1
            post = Pace(key=f"slack:chat.postMessage:{target}", every_s=post_every_s, burst=BURST, cost=parts)
            return (post,)
