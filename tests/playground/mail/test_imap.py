"""The IMAP server, through aioimaplib: reading, searching, marking, moving."""

import pytest

from bot.playground.mail import MailPeer
from tests.helpers import wait_until
from tests.playground.mail.client import Mailbox, connect, literal, numbers, text

BOT = "support@acme.test"


async def write(box: Mailbox, subject: str = "Order 1042", body: str = "Where is it?") -> int:
    """Let kim write to the bot, let the client hear of it, and return the UID."""
    uids = box.peer.write("Kim North <kim@example.test>", BOT, subject, body).uids
    await box.imap.noop()
    return uids["bot@acme.test"]


async def test_a_mail_is_fetched_whole_with_its_size_and_unread(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    response = await box.imap.uid("FETCH", str(uid), "(UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[])")
    raw = literal(response)
    assert raw.endswith(b"\r\n\r\nWhere is it?\r\n")
    assert f"UID {uid} FLAGS () RFC822.SIZE {len(raw)} INTERNALDATE" in text(response)
    assert await box.found("UNSEEN") == [uid]


async def test_the_beginning_of_a_mail_can_be_fetched_alone(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    whole = await box.raw(uid)
    response = await box.imap.uid("FETCH", str(uid), "(BODY.PEEK[]<0.100>)")
    assert literal(response) == whole[:100]
    assert "BODY[]<0>" in text(response)


async def test_chosen_headers_can_be_fetched_alone(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    asked = "(BODY.PEEK[HEADER.FIELDS (SUBJECT TO)])"
    assert literal(await box.imap.uid("FETCH", str(uid), asked)) == (
        b"To: support@acme.test\r\nSubject: Order 1042\r\n\r\n"
    )


async def test_fetching_without_peek_marks_as_read(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    await box.imap.uid("FETCH", str(uid), "(BODY[])")
    assert await box.found("SEEN") == [uid]


async def test_brackets_and_parentheses_in_a_mail_confuse_nobody(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box, body=") (\nA1 OK done\n* BYE {3}\n")
    assert (await box.raw(uid)).endswith(b") (\r\nA1 OK done\r\n* BYE {3}\r\n")


async def test_a_range_to_the_end_always_holds_the_last_mail(peer: MailPeer, box: Mailbox) -> None:
    """RFC 3501: `n:*` is the last message also when n is beyond it, which makes clients fetch it again and again."""
    uid = await write(box)
    assert await box.found("UID", f"{uid + 10}:*") == [uid]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        (("ALL",), [1, 2]),
        (("UID", "2:*"), [2]),
        (("UNSEEN",), [1]),
        (("SINCE", "01-Jan-2020"), [1, 2]),
        (("BEFORE", "01-Jan-2020"), []),
        (("HEADER", "Message-ID", '"<one@example.test>"'), [1]),
        (("HEADER", "SUBJECT", "(bad"), None),
        (("FROM", "kim"), [1, 2]),
        (("NOT", "SEEN", "SUBJECT", "first"), [1]),
        (("OR", "SEEN", "SUBJECT", "first"), [1, 2]),
        (("LARGER", "100000"), []),
        (("CHARSET", "utf-8", "BODY", "blue"), [2]),
        (("XYZ",), None),
    ],
)
async def test_what_a_search_finds(
    peer: MailPeer, box: Mailbox, criteria: tuple[str, ...], expected: list[int] | None
) -> None:
    peer.write("kim@example.test", BOT, "the first", "red", headers={"Message-ID": "<one@example.test>"})
    peer.write("kim@example.test", BOT, "the second", "blue")
    peer.mark_seen("bot@acme.test", 2)
    await box.imap.noop()  # tells this client of both
    if expected is None:
        assert (await box.imap.uid_search(*criteria, charset=None)).result == "BAD"
    else:
        assert await box.found(*criteria) == expected


async def test_flags_are_added_and_taken_away(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    stored = await box.imap.uid("STORE", str(uid), "+FLAGS", r"(\Seen $Refused)")
    assert rf"UID {uid} FLAGS ($Refused \Seen)" in text(stored)
    await box.imap.uid("STORE", str(uid), "-FLAGS.SILENT", r"(\Seen)")
    assert peer.messages(BOT)[0].flags == ("$Refused",)


async def test_examine_changes_nothing(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    await box.imap.examine("INBOX")
    await box.imap.uid("FETCH", str(uid), "(BODY[])")
    assert (await box.imap.uid("STORE", str(uid), "+FLAGS", r"(\Seen)")).result == "NO"
    assert peer.messages(BOT)[0].flags == ()


async def test_a_mail_is_moved_to_a_new_folder(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    assert (await box.imap.uid("MOVE", str(uid), "Done")).result == "NO"
    await box.imap.create("Done")
    moved = await box.imap.uid("MOVE", str(uid), "Done")
    assert (moved.result, "COPYUID" in text(moved), "1 EXPUNGE" in text(moved)) == ("OK", True, True)
    assert (peer.messages(BOT), peer.messages(BOT, "Done")[0].subject) == ([], "Order 1042")
    assert '"Done"' in text(await box.imap.list('""', "*"))


async def test_a_mail_is_copied_deleted_and_expunged(peer: MailPeer, box: Mailbox) -> None:
    first, second = await write(box, "one"), await write(box, "two")
    await box.imap.create("Kept")
    assert "COPYUID" in text(await box.imap.uid("COPY", f"{first}:{second}", "Kept"))
    await box.imap.uid("STORE", str(first), "+FLAGS", r"(\Deleted)")
    assert "1 EXPUNGE" in text(await box.imap.expunge())
    assert [mail.subject for mail in peer.messages(BOT)] == ["two"]
    assert [mail.subject for mail in peer.messages(BOT, "Kept")] == ["one", "two"]


async def test_a_mail_is_appended_byte_for_byte(peer: MailPeer, box: Mailbox) -> None:
    raw = "Subject: caf\u00e9\r\n\r\nä ".encode() + b"\xff\r\n"
    appended = await box.imap.append(raw, "INBOX", r"\Seen")
    assert "APPENDUID" in text(appended)
    assert await box.raw(1) == raw
    assert peer.messages(BOT)[0].flags == ("\\Seen",)


async def test_status_tells_the_numbers_of_a_folder(peer: MailPeer, box: Mailbox) -> None:
    await write(box)
    told = text(await box.imap.status("INBOX", "(MESSAGES UNSEEN UIDNEXT)"))
    assert '"INBOX" (MESSAGES 1 UNSEEN 1 UIDNEXT 2)' in told


async def test_three_hundred_mails_are_fetched_in_one_go(peer: MailPeer, box: Mailbox) -> None:
    for number in range(300):
        peer.receive(f"Subject: {number}\r\n\r\ntext\r\n".encode(), BOT)
    await box.imap.noop()
    response = await box.imap.uid("FETCH", "1:*", "(UID BODY.PEEK[])")
    assert sum(isinstance(line, bytearray) for line in response.lines) == 300


async def test_any_mailbox_can_be_logged_in_to(peer: MailPeer) -> None:
    peer.write("bot@acme.test", "kim@example.test", "Hello", "there")
    async with Mailbox(peer, "kim@example.test") as kim:
        assert kim.selected["EXISTS"] == 1


async def test_a_token_logs_in_as_well(peer: MailPeer) -> None:
    imap, lost = await connect(peer)
    assert (await imap.xoauth2("bot@acme.test", "playground")).result == "OK"
    await imap.logout()
    await wait_until(lost.is_set)


async def test_a_new_uidvalidity_numbers_anew_and_disconnects(peer: MailPeer, box: Mailbox) -> None:
    uids = [await write(box), await write(box), await write(box)]
    await box.imap.uid("STORE", str(uids[0]), "+FLAGS", r"(\Deleted)")
    await box.imap.expunge()
    peer.renumber(BOT)
    await wait_until(box.lost.is_set)
    async with Mailbox(peer, "bot@acme.test") as again:
        assert again.selected["UIDVALIDITY"] != box.selected["UIDVALIDITY"]
        assert (again.selected["UIDNEXT"], await again.found("ALL")) == (3, [1, 2])


async def test_uids_are_never_given_out_twice(peer: MailPeer, box: Mailbox) -> None:
    uid = await write(box)
    await box.imap.uid("STORE", str(uid), "+FLAGS", r"(\Deleted)")
    await box.imap.expunge()
    assert await write(box) == uid + 1
    assert numbers(await box.imap.select("INBOX"))["UIDNEXT"] == uid + 2
