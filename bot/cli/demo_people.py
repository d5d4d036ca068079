"""Who is in the demo: colleagues with Slack and mail, customers with mail alone, where they meet, what they may try."""

from bot.playground.page.models import Example, Person
from bot.playground.slack import defaults
from bot.playground.slack.models import Channel, User

TEAM = "T0ACME"
DEPLOYS, RELEASES, FINANCE, SUPPORT = "C0DEPLOYS", "C0RELEASES", "C0FINANCE", "C0SUPPORT"
BOT_MAIL, SUPPORT_MAIL, DEPLOY_MAIL = "bot@acme.test", "support@acme.test", "deploy@acme.test"

_FINN = User(id="U0FIN", name="finn", real_name="Finn Hale", email="finn@acme.test")
_STAFF = (*defaults.GENERAL.members, _FINN.id)
USERS = (*defaults.DEFAULT_USERS, _FINN)
CHANNELS = (
    defaults.DEPLOYS,
    defaults.RELEASES,
    Channel(id=SUPPORT, name="support", members=_STAFF),
    Channel(id=FINANCE, name="finance", members=_STAFF),
    defaults.GENERAL.model_copy(update={"members": _STAFF}),
    defaults.NORTH,
)

KIM = Person(id="KIM", name="Kim North", role="customer", mail="kim@example.test")
LEE = Person(id="LEE", name="Lee Santos", role="customer", mail="lee@example.test")
FINN = Person(id=_FINN.id, name=_FINN.real_name, role="finance", slack=_FINN.id, mail=_FINN.email)


def _colleague(user: User, role: str) -> Person:
    return Person(id=user.id, name=user.real_name, role=role, slack=user.id, mail=user.email)


PEOPLE = (
    _colleague(defaults.ANA, "engineer"),
    _colleague(defaults.ROB, "releases"),
    _colleague(defaults.MIA, "releases, support, finance"),
    FINN,
    KIM,
    LEE,
    _colleague(defaults.ZED, "not in bot.toml"),
)

SEED = "@bot deploy frontend v1.4.0 to production"
SEED_MAIL = Example(
    to=SUPPORT_MAIL,
    subject="Rain jacket and beanie",
    text="Sorry, I ordered too fast. I want my money back for order 1047, please.",
)
_ON_DEPLOYS = (
    "@bot deploy backend v1.4.0 to production",
    "@bot deploy backend v1.4.0 to staging",
    "@bot roll back backend in production",
    "@bot deploy backend v1.4.0",
    "@bot what is deployed?",
    "@bot what changed between v1.3.0 and v1.4.0?",
    "@bot write the release report",
    "@bot",
)
_ON_ORDERS = (
    "@bot orders from kim@example.test",
    "@bot where is order 1046?",
    "@bot refund order 1051",  # little enough for a colleague to decide alone
    "@bot refund order 1046",
    "@bot return policy",
)
EXAMPLES: dict[str, tuple[str, ...]] = {
    "": _ON_DEPLOYS,
    "deploys": _ON_DEPLOYS,
    "general": _ON_DEPLOYS,
    "support": _ON_ORDERS,
}
MAILS = (
    Example(to=SUPPORT_MAIL, subject="Order 1042", text="I want my money back for order 1042"),
    Example(to=SUPPORT_MAIL, subject="My parcel", text="It says delivered but I don't have it"),
    Example(to=SUPPORT_MAIL, subject="Blue shirt", text="Where is my blue shirt?"),
    Example(to=DEPLOY_MAIL, subject="Backend", text="Deploy backend v1.4.0 to production", colleagues=True),
    Example(to=DEPLOY_MAIL, subject="What runs?", text="What is deployed?", colleagues=True),
)
FORGED = Example(to=SUPPORT_MAIL, subject="Order 1042", text="I want my money back for order 1042, to my new account.")
