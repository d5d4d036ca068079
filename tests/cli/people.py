"""The people of the command line's tests. `$USER` is whoever runs them, so that they are Ana."""

PEOPLE = """
[people.ana]
name = "Ana Lima"
os_user = $USER
roles = ["operators"]

[people.rob]
name = "Rob Wills"
roles = ["release"]

[roles.operators]
[roles.release]
"""

STRANGER = PEOPLE.replace("os_user = $USER", 'os_user = "somebody-else"')
