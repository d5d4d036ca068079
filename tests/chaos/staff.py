"""Who is who in a chaos run, as bot.toml says it: rewritten while everybody works, and read live."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.playground.slack.defaults import ANA, BOT, MIA, ROB, ZED
from bot.playground.slack.models import Channel, User

DEPLOYS, RELEASES = "C0DEPLOYS", "C0RELEASES"
DECIDERS = ("rob", "mia", "bo")  # they have what is asked of release and finance, as far as it was not taken away
RISKED = ("mia", "bo")  # who may lose their roles for a while; rob is always there
LEAD = "zed"  # asked when nobody else answers, at night, and when somebody gives it away
USERS = (ANA, ROB, MIA, ZED, User(id="U0BO", name="bo", real_name="Bo Berg", email="bo@acme.test"), BOT)
CHANNELS = tuple(
    Channel(id=channel, name=channel.removeprefix("C0").lower(), members=tuple(user.id for user in USERS))
    for channel in (DEPLOYS, RELEASES)
)
GRANT_S = 12  # for how long a call may be let run without asking
_ROLES = {"rob": ["release", "finance", "operators"], "mia": ["release", "finance"], "bo": ["release", "finance"]}
_DAWN = "00:01"
_CONFIG = """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
roles = ["release"]

[people.rob]
name = "Rob Wills"
slack = "T0ACME/U0ROB"
email = "rob@acme.test"
roles = {rob}

[people.mia]
name = "Mia Chen"
slack = "T0ACME/U0MIA"
email = "mia@acme.test"
roles = {mia}

[people.bo]
name = "Bo Berg"
slack = "T0ACME/U0BO"
roles = {bo}

[people.zed]
name = "Zed Ray"
slack = "T0ACME/U0ZED"
roles = ["leads", "night"]
timezone = "UTC"
working = "mon-sun {dawn}-{dusk}"

[roles.release]
channel = "slack:T0ACME/C0RELEASES"
grants = "{grant_s}s"
delegates = ["zed"]

[roles.finance]
channel = "slack:T0ACME/C0RELEASES"
mail = true
grants = "{grant_s}s"
delegates = ["leads"]

[roles.leads]

[roles.night]

[roles.operators]
channel = "slack:T0ACME/C0RELEASES"

[[routes]]
channel = "slack:T0ACME/C0DEPLOYS"
agent = "shipping"
approvers = "release"

[[routes]]
address = "shop@acme.test"
who = "anyone"
agent = "shipping"
approvers = "finance"

[agents.shipping]
folder = "{folder}"
"""


def config(folder: Path, *, lost: Collection[str] = (), grant_s: int = GRANT_S, dawn: str = _DAWN) -> str:
    """bot.toml with the warehouse in this folder. `lost`: who has no roles; `dawn`: when Zed begins to work (UTC)."""
    hour, minute = map(int, dawn.split(":"))
    dusk = (hour * 60 + minute - 5) % 1440
    roles = {person: [] if person in lost else roles for person, roles in _ROLES.items()}
    times = {"dawn": dawn, "dusk": f"{dusk // 60:02d}:{dusk % 60:02d}"}
    return _CONFIG.format(folder=folder, grant_s=grant_s, **roles, **times)


def next_dawn(now: datetime) -> datetime:
    """When Zed can begin to work soonest: at a full minute."""
    return (now.astimezone(UTC) + timedelta(seconds=70)).replace(second=0, microsecond=0)


def account(person: str) -> str:
    """A person's id in Slack."""
    return f"U0{person.upper()}"
