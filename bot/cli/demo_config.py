"""The demo's bot.toml: who is who, who decides what, and how long people are waited for."""

import json
import os
import pwd
from pathlib import Path

from bot.cli.demo_people import DEPLOY_MAIL, DEPLOYS, FINANCE, FINN, RELEASES, SUPPORT, SUPPORT_MAIL, TEAM

_IMPATIENT = """\
remind_after = "10s"
escalate_after = "20s"
escalate_to = "operators"
expire_after = "40s"
"""
_BOT_TOML = """\
# Made by `bot demo` at every start: changes here are lost.

[people.ana]
name = "Ana Lima"
slack = "{team}/U0ANA"
email = "ana@acme.test"

[people.rob]
name = "Rob Wills"
slack = "{team}/U0ROB"
email = "rob@acme.test"
{os_user}roles = ["release", "operators"]

[people.mia]
name = "Mia Chen"
slack = "{team}/U0MIA"
email = "mia@acme.test"
roles = ["release", "operators", "support", "finance"]

[people.finn]
name = "{finn}"
slack = "{team}/{finn_slack}"
email = "{finn_mail}"
roles = ["finance", "operators"]

[roles.release]
channel = "slack:{team}/{releases}"
grants = "8h"
delegates = ["finn"]
{ladder}
[roles.operators]
channel = "dm"

[roles.support]
channel = "slack:{team}/{support}"
delegates = ["finn"]
{ladder}
[roles.finance]
channel = "slack:{team}/{finance}"
mail = true
delegates = ["rob"]
{ladder}
[[routes]]
address = "{support_mail}"
agent = "support"
who = "anyone"
approvers = "support"

[[routes]]
address = "{deploy_mail}"
agent = "deploy"
who = "people"
approvers = "release"

[[routes]]
channel = "slack:{team}/{support}"
agent = "support"
who = "members"
approvers = "support"

[[routes]]
channel = "slack:{team}/{deploys}"
agent = "deploy"
who = "members"
approvers = "release"

[[routes]]
word = "deploy"
agent = "deploy"
who = "members"
approvers = "release"

[[routes]]
agent = "triage"
who = "members"

[agents.deploy]
repository = {repository}
command = {command}
health_command = {health_command}
state = {state}
unattended = ["staging"]

[agents.support]
staff_refund_limit = 25
"""


def bot_toml(
    *, repository: Path, command: list[str], health_command: list[str], state: Path, impatient: bool = False
) -> str:
    """Return the file. If `impatient`, whoever is asked is reminded, and others are asked too, within seconds."""
    return _BOT_TOML.format(
        ladder=_IMPATIENT if impatient else "",
        os_user=_os_user(),
        team=TEAM,
        deploys=DEPLOYS,
        releases=RELEASES,
        support=SUPPORT,
        finance=FINANCE,
        finn=FINN.name,
        finn_slack=FINN.slack,
        finn_mail=FINN.mail,
        support_mail=SUPPORT_MAIL,
        deploy_mail=DEPLOY_MAIL,
        repository=json.dumps(str(repository)),
        command=json.dumps(command),
        health_command=json.dumps(health_command),
        state=json.dumps(str(state)),
    )


def _os_user() -> str:
    """Whoever runs the demo is Rob on the command line; nobody is if the user of this process has no name."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""
    return f"os_user = {json.dumps(name)}\n"
