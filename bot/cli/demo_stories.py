"""What the demo's page offers to see for oneself about asking people: each a beginning, and what to do then."""

from bot.cli.demo_people import DEPLOYS, SUPPORT, SUPPORT_MAIL
from bot.playground.page.models import Attached, Said, Story

_ANA, _LEE = "U0ANA", "LEE"

STORIES = (
    Story(
        title="Two people, two channels, one decision",
        person=_ANA,
        channel=SUPPORT,
        text="@bot refund order 1041",
        then=(
            "129.00 EUR are more than one person may decide: Finn and Mia are both asked, in #finance and by mail.",
            "Approve as Mia in Slack. Nothing is paid yet: it still needs Finn.",
            "Answer Finn's mail with “approve”. It is paid, once; both places show it.",
        ),
    ),
    Story(
        title="Change it, then approve it",
        person=_ANA,
        channel=DEPLOYS,
        text="@bot deploy backend v1.4.0 to production",
        then=(
            "As Rob in #releases, press Edit on the card, make the tag v1.3.1, and send the form.",
            "A new card shows the difference. Rob has changed it, so he cannot approve it: Mia can.",
            "What is deployed is v1.3.1, and the answer says who changed it.",
        ),
    ),
    Story(
        title="Ask the agent before you decide",
        person=_ANA,
        channel=DEPLOYS,
        text="@bot deploy backend v1.4.0 to production",
        then=(
            "As Mia in #releases, press Ask on the card: “What changed since v1.3.0?”",
            "The agent looks it up and answers below the card. The request stays open; approve it now.",
        ),
    ),
    Story(
        title="Give it to somebody else",
        person=_ANA,
        channel=DEPLOYS,
        text="@bot roll back backend in production",
        then=(
            "As Rob in #releases, choose “Give to…” in the card's menu (⋯), and give it to Finn.",
            "Finn is asked in a direct message, in Rob's place. Both are on record.",
        ),
    ),
    Story(
        title="Approve for an hour",
        person=_ANA,
        channel=DEPLOYS,
        text="@bot deploy backend v1.4.0 to production",
        then=(
            "As Mia in #releases, choose “Approve for a while…” in the card's menu (⋯), and one hour.",
            "Ask for the same deployment again as Ana: it runs without a card, and says by whose leave.",
            "Another tag is asked about as ever. `bot grants revoke` on the command line takes the leave back at once.",
        ),
    ),
    Story(
        title="Two questions on one card",
        person=_ANA,
        channel="C0GENERAL",
        text="@bot please deploy backend and frontend v1.3.1 to production",
        then=(
            "The front desk gives a part to the deploy agent each. Both ask, and #releases shows one message.",
            "As Rob in #releases, approve the one and reject the other: each is decided by itself.",
            "Ana's thread hears of both in one answer.",
        ),
    ),
    Story(
        title="A long answer, with tables",
        person=_ANA,
        channel=DEPLOYS,
        text="@bot write the release report",
        then=(
            "The answer has headings, lists, code and three tables. Slack takes one a message, so there are three.",
            "Whatever a model or a commit may say, no text in it calls anybody, and each link shows where it leads.",
        ),
    ),
    Story(
        title="Called into a conversation",
        person=_ANA,
        channel=DEPLOYS,
        before=(
            Said(person="U0ROB", text="The backend is slow since this morning. Is it just me?"),
            Said(person="U0MIA", text="Same here. It began after v1.3.1 went to staging."),
        ),
        text="@bot what is going on here?",
        file=Attached(name="backend.log", text="09:02 v1.3.1 started\n09:04 WARN 2300 ms for GET /orders\n"),
        then=(
            "Ana calls the bot into a thread that was already talking, and attaches a log. It reads both, once.",
            "The event log shows who said what before. None of them asked for anything: Rob could still approve.",
            "Edit Ana's message: nothing begins anew. She alone is told that it was read as it was.",
        ),
    ),
    Story(
        title="Nobody answers",
        person=_ANA,
        channel=DEPLOYS,
        text="@bot deploy frontend v1.3.1 to production",
        first="impatient",
        then=(
            "“Impatient” is on now: do nothing, and watch the event log.",
            "After 10 seconds Rob and Mia are reminded below the card; after 20 the operators are asked as well: Finn.",
            "After 40 it expires. Nothing was run, and a click on the old card says so.",
        ),
    ),
    Story(
        title="A no is a no",
        person=_ANA,
        channel=DEPLOYS,
        text="@bot deploy backend v1.4.0 to production",
        then=(
            "As Rob in #releases, reject it: “Not now, there is a freeze”.",
            "The rehearsal stubbornly proposes the very same again. Code refuses that, and asks nobody.",
            "Reply “do it anyway” in Ana's thread: a person wrote something new, so it is asked once more.",
        ),
    ),
    Story(
        title="Strangers and forgers",
        person=_LEE,
        to=SUPPORT_MAIL,
        subject="Shirt and belt",
        text="I want my money back for order 1043",
        then=(
            "Press “Forge Finn's approval” below: a mail that only claims to be from him decides nothing.",
            "As Zed, who is in #releases but has no role, approve a card there: he alone is told that he may not.",
        ),
    ),
)
