"""Killed before and after a command of the store, whichever it is, an order comes to its one end."""

import secrets
from pathlib import Path

from tests.chaos.every_command import FORMS, Death, Swept, once, sweep
from tests.store.servers import free_ports, server

_EVERY = 11  # `make chaos` tries them all


async def test_an_order_comes_to_its_end_whichever_command_its_process_dies_at(tmp_path: Path) -> None:
    """A sample of all commands, another one in each run; before the server hears it, and after it has done it."""
    offset, form = secrets.randbelow(_EVERY), secrets.choice(FORMS)
    (port,) = free_ports(1)
    with server(tmp_path, port):
        swept = await sweep(port, tmp_path, form, stride=_EVERY, offset=offset)
    print(f"{form}, every {_EVERY}th of {len(swept.commands)} commands from {offset} on: {swept.tried} deaths")  # noqa: T201
    assert swept.tried > 10
    assert swept.violations == []


async def test_a_card_that_was_shown_and_never_noted_loses_its_buttons_when_it_is_decided(tmp_path: Path) -> None:
    """Its sender dies between showing it and noting it, and it is decided before another sender looks at it."""
    (port,) = free_ports(1)
    swept = Swept()
    with server(tmp_path, port):
        _, wrong = await once(port, tmp_path, "plain", Death("card shown", hasty=True), swept)
    assert swept.tried == 1
    assert wrong == []
