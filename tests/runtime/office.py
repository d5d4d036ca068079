"""The bot.toml of the scenarios: who is who, who decides what, and which agent answers where."""

CONFIG = """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
[people.rob]
name = "Rob Wills"
slack = "T0ACME/U0ROB"
roles = ["release", "operators"]
[people.zoe]
name = "Zoe Park"
slack = "T0ACME/U0ZOE"
roles = ["release", "finance"]
[people.bo]
name = "Bo Finn"
slack = "T0ACME/U0BO"
roles = ["finance"]
[roles.release]
channel = "slack:T0ACME/C0RELEASE"
[roles.finance]
[roles.operators]
[[routes]]
agent = "ops"
channel = "slack:T0ACME/C0OPS"
approvers = "release"
[[routes]]
agent = "eager"
channel = "slack:T0ACME/C0EAGER"
approvers = "release"
[[routes]]
agent = "closed"
channel = "slack:T0ACME/C0CLOSED"
who = "finance"
[[routes]]
agent = "other"
approvers = "operators"
"""
