"""Who is in an installation, as its bot.toml has it: the people, their roles, and which agent listens where."""

import json
import os
import pwd

STORY = """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"

[people.rob]
name = "Rob Wills"
slack = "T0ACME/U0ROB"
email = "rob@acme.test"
roles = ["release", "operators", "finance", "support"]

[people.mia]
name = "Mia Chen"
slack = "T0ACME/U0MIA"
roles = ["release"]

[roles.release]
channel = "slack:T0ACME/C0RELEASES"

[roles.operators]

[roles.support]

[roles.finance]
channel = "slack:T0ACME/C0RELEASES"
mail = true
"""

_ROUTES = """
[[routes]]
address = "support@acme.test"
agent = "support"
who = "anyone"
approvers = "support"

[[routes]]
channel = "slack:T0ACME/C0DEPLOYS"
agent = "deploy"
approvers = "release"

[[routes]]
agent = "triage"

[agents.support]
"""

_ASKING = """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
email = "ana@acme.test"

[people.rob]
name = "Rob Wills"
slack = "T0ACME/U0ROB"
email = "rob@acme.test"
os_user = {os_user}
roles = ["release", "operators", "finance", "support"]

[people.mia]
name = "Mia Chen"
slack = "T0ACME/U0MIA"
email = "mia@acme.test"
roles = ["release", "finance"]

[people.zed]
name = "Zed Ray"
slack = "T0ACME/U0ZED"
roles = [{zed}]

[roles.release]
channel = "slack:T0ACME/C0RELEASES"
{release}

[roles.finance]
channel = "slack:T0ACME/C0RELEASES"
mail = true

[roles.support]
{support}

[roles.leads]
[roles.operators]
"""


def asking(*, release: str = "", support: str = "", zed: str = "") -> str:
    """Two release managers, who look after refunds as well; Rob is whoever types commands here, and an operator.

    `release` and `support` are more settings of these roles, `zed` is the role of Zed, who else has none.
    """
    os_user = json.dumps(pwd.getpwuid(os.getuid()).pw_name)
    return _ASKING.format(os_user=os_user, release=release, support=support, zed=json.dumps(zed) if zed else "")


def bot_toml(people: str, deploy: str) -> str:
    """The whole file; `deploy` are the settings of the agent that deploys."""
    return f"{people}{_ROUTES}\n[agents.deploy]\n{deploy}"
