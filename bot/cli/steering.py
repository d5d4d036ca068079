"""`bot pause`, `resume` and `cancel`: by operators, and by those whom the thread works for."""

import typer

from bot.cli.opened import Opened, RefusedError, find_thread, with_store
from bot.control import Order, control, may_order


def steer(thread: str, order: Order) -> None:
    """Carry out an order and say what it did."""

    async def work(made: Opened) -> str:
        head = await find_thread(made.client, thread)
        person = made.me
        if not (person.listed and may_order(person, await made.thread(head.thread))):
            raise RefusedError(
                f"only operators, and those who asked for something in this thread, can {order} it; "
                f"you are {person.name} here (`bot whoami`)"
            )
        return f"{head.thread}: {await control(made.client, made.sealer, head, order, person.id)}"

    typer.echo(with_store(work))
