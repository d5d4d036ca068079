"""The small workspace of the demo: who is in it, and which channels they share."""

from bot.playground.slack.core import Timing
from bot.playground.slack.models import App, Channel, Team, User

ACME = Team()
COUNTERSIGN = App()
REAL_TIME = Timing()

ANA = User(id="U0ANA", name="ana", real_name="Ana Lima", email="ana@acme.test")
ROB = User(id="U0ROB", name="rob", real_name="Rob Wills", email="rob@acme.test")
MIA = User(id="U0MIA", name="mia", real_name="Mia Chen", email="mia@acme.test")
ZED = User(id="U0ZED", name="zed", real_name="Zed Ray", email="zed@acme.test")
SAM = User(id="U0SAM", name="sam", real_name="Sam Stone", email="sam@guest.test", is_restricted=True)
KIM = User(id="U0KIM", name="kim", real_name="Kim North", email="kim@north.test", team_id="T0NORTH", is_stranger=True)

BOT = User(id="U0BOT", name="bot", real_name="Countersign", is_bot=True)

DEFAULT_USERS = (ANA, ROB, MIA, ZED, SAM, KIM, BOT)

_STAFF = (ANA.id, ROB.id, MIA.id, ZED.id, BOT.id)

DEPLOYS = Channel(id="C0DEPLOYS", name="deploys", members=(*_STAFF, SAM.id))
RELEASES = Channel(id="C0RELEASES", name="releases", members=_STAFF)
GENERAL = Channel(id="C0GENERAL", name="general", members=_STAFF)
NORTH = Channel(id="C0NORTH", name="acme-north", members=(ANA.id, ROB.id, KIM.id, BOT.id), is_ext_shared=True)

DEFAULT_CHANNELS = (DEPLOYS, RELEASES, GENERAL, NORTH)
