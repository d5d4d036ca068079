"""Forms that were sent, into answers: read by what the request offers, refused beside the input that is wrong."""

import re
from datetime import UTC, datetime
from typing import assert_never

from pydantic import BaseModel, ConfigDict, Field
from slack_bolt.async_app import AsyncAck

from bot.bodies import AnswerKind
from bot.port import Answered, AnswerInbound, Asked, Intake
from channels.slack import edit_form, forms, inputs
from channels.slack.forms import Origin, Purpose
from channels.slack.payloads import Submission, View
from channels.slack.people import People
from channels.slack.posting import sound
from channels.slack.tally import Tally
from channels.slack.wire import JsonObject, as_object

UNKNOWN_FORM = "This form is no longer known."
NOTHING_CHANGED = "Nothing was changed. Change something, or close the form."
NO_SPAN = "Choose for how long, please."
_SPAN = re.compile(r"[1-9][0-9]{0,8}")  # seconds
_MENDABLE = frozenset({"no_such_option", "unfit", "nobody_left", "changed"})  # refusals that another try may mend


class _Reply(BaseModel):
    """What a form says, as an answer says it."""

    model_config = ConfigDict(frozen=True)

    answer: AnswerKind
    text: str = ""
    internal: str = ""
    edits: dict[str, str | bool] = Field(default_factory=dict[str, str | bool])
    to: str = ""
    grant_s: int = 0


class Submissions:
    """Takes `view_submission`. What a form says of its request is not trusted: the intake decides whether it counts."""

    def __init__(self, intake: Intake, people: People, tally: Tally) -> None:
        """Take where answers go, and who knows the people."""
        self._intake = intake
        self._people = people
        self._tally = tally

    async def open(self, purpose: Purpose, origin: Origin) -> JsonObject | str:
        """Return the form for this request, or the words to say instead. Raises what `Intake.asked` raises."""
        asked = await self._intake.asked(origin.request)
        if asked is None:
            return "There is no such request."
        if not asked.is_open:
            return "This is closed: somebody decided it, or it is not needed any more. Nothing was changed."
        return forms.form(purpose, origin, asked, datetime.now(UTC))

    async def take(self, sent: Submission, ack: AsyncAck) -> tuple[Origin, str] | None:
        """Take a form, and return where to say what, if there is something to say once it is closed.

        Raises what the intake raises, and SlackAwayError: then nothing is acknowledged, and Slack keeps the form open.
        """
        purpose, origin = forms.purpose_of(sent.view), forms.origin_of(sent.view)
        if purpose is None or origin is None:
            self._tally.broken("unknown_form")
            await ack(response_action="update", view=sound(forms.refused(UNKNOWN_FORM), self._tally))
            return None
        identity = await self._people.identity(sent.user.id, home_team=sent.user.team_id)
        asked = await self._intake.asked(origin.request)
        reply = _read(purpose, sent.view, asked, identity.account.partition("/")[0])
        if isinstance(reply, dict):
            await ack(response_action="errors", errors=reply)
            return None
        answered = await self._intake.answer(
            AnswerInbound(
                source=f"slack:form:{sent.view.id}/{sent.user.id}",
                request=origin.request,
                identity=identity,
                proof="slack",
                answer=reply.answer,
                text=reply.text,
                internal=reply.internal,
                edits=reply.edits,
                to=reply.to,
                grant_s=reply.grant_s,
            )
        )
        if answered.accepted:
            await ack()
            return origin, answered.text
        await self._refuse(purpose, sent.view, asked, answered, ack)
        return None

    async def _refuse(
        self, purpose: Purpose, view: View, asked: Asked | None, answered: Answered, ack: AsyncAck
    ) -> None:
        """Say why not: beside an input, so nothing typed is lost, or instead of the form if no other try will help."""
        if answered.reason in _MENDABLE and (errors := _errors(purpose, view, asked, answered)):
            await ack(response_action="errors", errors=errors)
            return
        typed = "\n\n".join(part for name in (forms.WORDS, forms.INTERNAL) if (part := inputs.put_in(view, name)))
        await ack(response_action="update", view=sound(forms.refused(answered.text, typed), self._tally))


def _errors(purpose: Purpose, view: View, asked: Asked | None, answered: Answered) -> dict[str, str]:
    match purpose:
        case "reject" | "say" | "ask":
            name = forms.WORDS
        case "give":
            name = forms.TO
        case "grant":
            name = forms.SECONDS
        case "edit":
            fields = asked.fields if asked else ()
            known = edit_form.can_be_filled_in(fields)
            return edit_form.complaints(answered.problems, fields, answered.text) if known else {}
        case _:
            assert_never(purpose)
    return {name: answered.text} if name in as_object(view.state.get("values")) else {}


def _read(purpose: Purpose, view: View, asked: Asked | None, team: str) -> _Reply | dict[str, str]:
    """Read a form; a complaint by input if it says nothing that could be answered to an open request."""
    words = inputs.put_in(view, forms.WORDS) or ""
    match purpose:
        case "reject":
            internal = inputs.put_in(view, forms.INTERNAL) or ""
            return _Reply(answer="reject", text=forms.reason_in(view, asked), internal=internal)
        case "say" | "ask":
            return _Reply(answer="say", text=words)
        case "edit":
            fields = asked.fields if asked else ()
            changed = edit_form.edits(view, fields)
            if not changed and asked and asked.is_open and edit_form.can_be_filled_in(fields):
                return edit_form.complaints({}, fields, NOTHING_CHANGED)
            return _Reply(answer="edit", edits=changed)
        case "give":
            user = inputs.user_in(view, forms.TO)
            return _Reply(answer="give", to=f"{team}/{user}" if user else inputs.put_in(view, forms.TO) or "")
        case "grant":
            span = inputs.put_in(view, forms.SECONDS) or ""
            if not _SPAN.fullmatch(span):  # never a plain approval instead
                return {forms.SECONDS: NO_SPAN}
            return _Reply(answer="approve", grant_s=int(span))
        case _:
            assert_never(purpose)
