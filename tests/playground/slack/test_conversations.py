"""Messages and channels as the app writes and reads them, through the real client."""

import pytest

from bot.playground.slack import SlackPeer
from bot.playground.slack.wire import JsonObject, as_list, as_object
from tests.playground.slack.client import Call, CallRefusedError, dig, each

DEPLOYS = "C0DEPLOYS"


async def refusal(call: Call, method: str, body: JsonObject) -> JsonObject:
    """Make a call that is refused, and return the answer."""
    with pytest.raises(CallRefusedError) as refused:
        await call.raw(method, body)
    return refused.value.answer


async def test_only_ones_own_messages_can_be_changed(peer: SlackPeer, call: Call) -> None:
    ts = peer.say("U0ANA", "#deploys", "hello")
    body: JsonObject = {"channel": DEPLOYS, "ts": ts, "text": "x"}
    assert (await refusal(call, "chat.update", body))["error"] == "cant_update_message"
    assert (await refusal(call, "chat.delete", body))["error"] == "cant_delete_message"


async def test_an_update_keeps_the_blocks_it_does_not_name(peer: SlackPeer, call: Call) -> None:
    blocks: list[JsonObject] = [{"type": "divider"}]
    ts = await call.post(DEPLOYS, "one", blocks=blocks)
    await call("chat.update", channel=DEPLOYS, ts=ts, text="two")
    assert len(peer.workspace.message(DEPLOYS, ts).blocks) == 1
    await call("chat.update", channel=DEPLOYS, ts=ts, text="three", blocks=[])
    assert peer.workspace.message(DEPLOYS, ts).blocks == ()


async def test_a_text_above_40000_characters_is_cut_with_a_warning(peer: SlackPeer, call: Call) -> None:
    posted = await call("chat.postMessage", channel=DEPLOYS, text="x" * 40_001)
    assert dig(posted, "response_metadata", "warnings") == ["message_truncated"]
    assert len(peer.workspace.message(DEPLOYS, str(posted["ts"])).text) == 40_000


async def test_a_reply_to_a_reply_is_refused(call: Call) -> None:
    root = await call.post(DEPLOYS, "root")
    reply = await call.post(DEPLOYS, "reply", thread_ts=root)
    answer = await refusal(call, "chat.postMessage", {"channel": DEPLOYS, "text": "x", "thread_ts": reply})
    assert answer["error"] == "cannot_reply_to_message"


async def test_history_shows_roots_and_replies_show_the_thread(peer: SlackPeer, call: Call) -> None:
    root = peer.say("U0ANA", "#deploys", "root")
    peer.say("U0ROB", "#deploys", "hidden reply", root)
    peer.say("U0MIA", "#deploys", "shown reply", root, broadcast=True)
    history = (await call("conversations.history", channel=DEPLOYS))["messages"]
    thread = (await call("conversations.replies", channel=DEPLOYS, ts=root))["messages"]
    assert each(history, "text") == ["shown reply", "root"]
    assert each(thread, "text") == ["root", "hidden reply", "shown reply"]
    assert dig(thread, 0, "reply_count") == 2


async def test_history_comes_in_pages(peer: SlackPeer, call: Call) -> None:
    for number in range(5):
        peer.say("U0ANA", "#deploys", str(number))
    first = await call("conversations.history", channel=DEPLOYS, limit=3)
    assert first["has_more"] is True
    cursor = dig(first, "response_metadata", "next_cursor")
    second = await call("conversations.history", channel=DEPLOYS, limit=3, cursor=cursor)
    assert each(first["messages"], "text") + each(second["messages"], "text") == ["4", "3", "2", "1", "0"]


async def test_the_ends_of_a_span_belong_to_it_only_if_inclusive(peer: SlackPeer, call: Call) -> None:
    first, _, last = [peer.say("U0ANA", "#deploys", text) for text in ("a", "b", "c")]
    inner = await call("conversations.history", channel=DEPLOYS, oldest=first, latest=last)
    whole = await call("conversations.history", channel=DEPLOYS, oldest=first, latest=last, inclusive=True)
    assert each(inner["messages"], "text") == ["b"]
    assert each(whole["messages"], "text") == ["c", "b", "a"]


async def test_metadata_is_told_on_request(call: Call) -> None:
    metadata = {"event_type": "request", "event_payload": {"id": "r1"}}
    await call("chat.postMessage", channel=DEPLOYS, text="x", metadata=metadata)
    without = await call("conversations.history", channel=DEPLOYS)
    with_it = await call("conversations.history", channel=DEPLOYS, include_all_metadata=True)
    assert "metadata" not in as_object(dig(without, "messages", 0))
    assert dig(with_it, "messages", 0, "metadata") == metadata


async def test_an_ephemeral_is_seen_by_one_and_kept_out_of_history(peer: SlackPeer, call: Call) -> None:
    await call("chat.postEphemeral", channel=DEPLOYS, user="U0ZED", text="You may not.")
    assert [message.text for message in peer.snapshot("U0ZED").channels[0].messages] == ["You may not."]
    assert peer.snapshot("U0ANA").channels[0].messages == ()
    assert (await call("conversations.history", channel=DEPLOYS))["messages"] == []


async def test_a_direct_message_is_opened_once(call: Call) -> None:
    first = await call("conversations.open", users="U0ROB")
    second = await call("conversations.open", users=["U0ROB"])
    assert dig(first, "channel", "id") == dig(second, "channel", "id")
    assert (first["already_open"], second["already_open"]) == (False, True)
    shown = await call("conversations.info", channel=dig(first, "channel", "id"))
    assert (dig(shown, "channel", "is_im"), dig(shown, "channel", "user")) == (True, "U0ROB")


async def test_channels_are_listed_by_kind(call: Call) -> None:
    await call("conversations.open", users="U0ROB")
    listed = (await call("conversations.list"))["channels"]
    assert set(map(str, each(listed, "name"))) == {"deploys", "releases", "general", "acme-north"}
    assert len(as_list((await call("users.conversations", types="im"))["channels"])) == 1
    assert "U0SAM" in as_list((await call("conversations.members", channel=DEPLOYS))["members"])


async def test_unfurl_flags_are_kept_for_assertions(peer: SlackPeer, call: Call) -> None:
    ts = await call.post(DEPLOYS, "x", unfurl_links=False)
    message = peer.workspace.message(DEPLOYS, ts)
    assert (message.unfurl_links, message.unfurl_media) == (False, None)


async def test_pings_are_recorded(peer: SlackPeer, call: Call) -> None:
    blocks: list[JsonObject] = [{"type": "section", "text": {"type": "mrkdwn", "text": "cc <@U0ROB>"}}]
    ts = await call.post(DEPLOYS, "<!here> look", blocks=blocks)
    pings = peer.workspace.message(DEPLOYS, ts).pings
    assert (pings.broadcasts, pings.users) == (("here",), ("U0ROB",))


async def test_a_permalink_stays_on_this_machine(peer: SlackPeer, call: Call) -> None:
    ts = await call.post(DEPLOYS, "x")
    link = (await call("chat.getPermalink", channel=DEPLOYS, message_ts=ts))["permalink"]
    assert link == f"{peer.url}/archives/{DEPLOYS}/p{ts.replace('.', '')}"


async def test_a_deleted_root_with_replies_leaves_a_tombstone(peer: SlackPeer, call: Call) -> None:
    root = await call.post(DEPLOYS, "root")
    peer.say("U0ANA", "#deploys", "reply", root)
    await call("chat.delete", channel=DEPLOYS, ts=root)
    assert peer.workspace.message(DEPLOYS, root).subtype == "tombstone"


async def test_a_reaction_is_put_on_once(peer: SlackPeer, call: Call) -> None:
    ts = peer.say("U0ANA", "#deploys", "hello")
    await call("reactions.add", channel=DEPLOYS, timestamp=ts, name="eyes")
    answer = await refusal(call, "reactions.add", {"channel": DEPLOYS, "timestamp": ts, "name": "eyes"})
    assert answer["error"] == "already_reacted"


async def test_a_home_tab_is_published_for_one(peer: SlackPeer, call: Call) -> None:
    view: JsonObject = {"type": "home", "blocks": [{"type": "divider"}]}
    await call("views.publish", user_id="U0ANA", view=view)
    assert peer.snapshot("U0ANA").home is not None
    assert peer.snapshot("U0ROB").home is None
