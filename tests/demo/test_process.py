"""The demo as processes: what a kill, a Ctrl-C and a second start do to it."""

import asyncio
import subprocess
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.cli.demo_people import FINN, SEED
from bot.playground.model.peer import ModelPeer, model_peer
from bot.playground.page.models import OpenRequest
from tests.demo.running import Demo, Page, running, until
from tests.helpers import wait_until

TITLE = SEED.removeprefix("@bot ")


@pytest.fixture
def demo(tmp_path: Path) -> Generator[Demo]:
    with running(tmp_path) as started:
        yield started


def test_an_old_button_and_an_old_mail_still_decide_once_after_everything_was_killed(demo: Demo) -> None:
    until(lambda: Page(demo).cards() and Page(demo).letters(FINN.id), "the threads that wait from the start")
    demo.kill_everything()
    assert demo.processes() == []
    demo.start()
    page = Page(demo)
    (card,) = page.cards()
    with ThreadPoolExecutor() as hands:  # both managers at once, one of them twice
        for user in ("U0ROB", "U0MIA", "U0ROB"):
            hands.submit(page.click, user, card, "answer:approve")
    until(lambda: (view := page.thread(TITLE)) and view.line.status == "done", "the thread is done")
    assert [run["service"] for run in demo.shop.runs()] == ["frontend"]
    (asked,) = page.letters(FINN.id)
    for _ in range(2):
        page.post("reply", {"person": FINN.id, "uid": asked.uid, "text": "approve"})
    (card,) = page.cards("C0FINANCE")  # it takes two people, however often one of them says so
    for _ in range(2):
        page.click("U0MIA", card, "answer:approve", "C0FINANCE")
    until(lambda: demo.refunds("1047"), "the money is on its way")
    until(lambda: any("too late" in refusal.why for refusal in page.around().refused), "the second mail came too late")
    assert demo.refunds("1047") == [113_00]


def test_ctrl_c_leaves_no_process_behind(demo: Demo) -> None:
    assert len(demo.processes()) >= 2
    assert demo.interrupt() == 0
    until(lambda: demo.processes() == [], "everything has ended")


def test_a_demo_that_was_killed_takes_its_worker_with_it_and_the_next_one_goes_on(demo: Demo) -> None:
    until(Page(demo).cards, "the thread that waits from the start")
    worker = Page(demo).around().worker.pid
    assert worker is not None
    demo.kill_itself()
    until(lambda: not is_alive(worker), "the worker has ended by itself")
    demo.start()
    page = Page(demo)
    page.click("U0MIA", page.cards()[0], "answer:approve")
    until(lambda: len(demo.shop.runs()) == 1, "it is deployed")


async def test_with_live_model_the_users_own_key_is_used_and_the_page_says_so(tmp_path: Path) -> None:
    async with model_peer(ModelPeer(key="a-real-key")) as api:
        demo = Demo(tmp_path, environment={"ANTHROPIC_BASE_URL": api.url, "REDIS_URL": ""})
        try:
            await asyncio.to_thread(demo.start, "--live-model")
            assert "Live model" in demo.said()
            assert "token=" in demo.url
            await wait_until(lambda: api.requests, timeout=45)
        finally:
            await asyncio.to_thread(demo.kill_everything)


def test_live_model_without_a_key_is_one_line(tmp_path: Path) -> None:
    demo = Demo(tmp_path, environment={"ANTHROPIC_API_KEY": "", "REDIS_URL": ""})
    with pytest.raises(AssertionError, match="ANTHROPIC_API_KEY is not set") as refused:
        demo.start("--live-model")
    assert "Traceback" not in str(refused.value)


def test_a_second_demo_on_the_same_data_is_refused_in_one_line(demo: Demo) -> None:
    second = Demo(demo.folder)
    with pytest.raises(AssertionError, match="A demo is running on this data already"):
        second.start()


def test_starting_over_forgets_what_was(demo: Demo) -> None:
    page = Page(demo)
    page.post("say", {"user": "U0ANA", "channel": "C0GENERAL", "text": "remember me"})
    demo.interrupt()
    demo.start("--reset")
    assert "remember me" not in Page(demo).slack("U0ANA").model_dump_json()


def test_a_deploy_whose_worker_was_killed_is_asked_about_and_not_run_again(demo: Demo) -> None:
    page = Page(demo)
    until(page.cards, "the thread that waits from the start")
    (demo.shop.folder / "seconds").write_text("6", encoding="utf-8")  # slow enough, and sooner over than by the button
    page.click("U0ROB", page.cards()[0], "answer:approve")
    until(demo.is_deploying, "the deploy runs")
    page.post("trouble", "kill_worker")
    until(lambda: "doubt" in [request.kind for request in _open(page)], "the managers are asked")
    until(lambda: len(demo.shop.runs()) == 1, "the command, which outlived its worker, is through")
    page.click("U0MIA", page.cards()[-1], "answer:choose:it_did")
    until(lambda: (view := page.thread(TITLE)) and view.line.status == "done", "the thread is done")
    assert len(demo.shop.runs()) == 1


def test_a_tag_that_moved_is_asked_about_again(demo: Demo) -> None:
    page = Page(demo)
    until(page.cards, "the thread that waits from the start")
    page.post("trouble", "move_tag")
    page.click("U0ROB", page.cards()[0], "answer:approve")
    until(lambda: len(_open(page)) == 1 and _types(page).count("request_opened") == 2, "it is asked again")
    assert demo.shop.runs() == []


def is_alive(pid: int) -> bool:
    """Whether this process runs (one that waits to be collected does not)."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True).stdout
    return bool(shown.strip()) and not shown.startswith("Z")


def _types(page: Page) -> list[str]:
    view = page.thread(TITLE)
    return [row.type for row in view.rows] if view else []


def _open(page: Page) -> list[OpenRequest]:
    view = page.thread(TITLE)
    return list(view.open) if view else []
