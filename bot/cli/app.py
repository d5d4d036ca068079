"""Every command's name, arguments and help; what a command does is imported when it is called."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.auditing import audit
from bot.cli.deciding import PANEL as _DECIDING
from bot.cli.deciding import deciding
from bot.cli.email import email
from bot.cli.granting import grants
from bot.cli.slack import slack

_WORKING = "Run"
_LOOKING = "Look and steer"
_SETTING_UP = "Set up"

app = typer.Typer(
    name="bot",
    help="Small agents that work where your team works, and ask before they act.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
playground = typer.Typer(help="Local peers for tests and development; they bind to loopback.", no_args_is_help=True)
new = typer.Typer(help="Write the files of something new.", no_args_is_help=True)
app.add_typer(deciding)
app.add_typer(audit, name="audit", rich_help_panel=_LOOKING)
app.add_typer(grants, name="grants", rich_help_panel=_LOOKING)
app.add_typer(slack, name="slack", rich_help_panel=_WORKING)
app.add_typer(email, name="email", rich_help_panel=_WORKING)
app.add_typer(playground, name="playground", rich_help_panel=_SETTING_UP)
app.add_typer(new, name="new", rich_help_panel=_SETTING_UP)

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
ThreadId = Annotated[str, typer.Argument(metavar="THREAD", help="A thread's id, or the beginning of one.")]


class AnswerWord(StrEnum):
    """How a request can be answered."""

    APPROVE = "approve"
    REJECT = "reject"
    CHOOSE = "choose"
    SAY = "say"


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"countersign {version('countersign')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Small agents that work where your team works, and ask before they act."""


@app.command(rich_help_panel=_WORKING)
def demo(
    port: Annotated[int, typer.Option(help="Port of the page; the next free one if it is taken.")] = 8100,
    reset: Annotated[bool, typer.Option("--reset", help="Start over.")] = False,
    live_model: Annotated[bool, typer.Option("--live-model", help="Ask the real model (ANTHROPIC_API_KEY).")] = False,
) -> None:
    """Try it on one page: a local Slack and a rehearsal model; nothing leaves this machine."""
    from bot.cli.demo import demo

    demo(port=port, reset=reset, live_model=live_model)


@app.command(rich_help_panel=_WORKING)
def run(verbose: Verbose = False) -> None:
    """Run everything that there are credentials for in one process: web, slack, email and worker."""
    from bot.cli.running import run_everything

    run_everything(verbose=verbose)


@app.command(rich_help_panel=_WORKING)
def web(verbose: Verbose = False) -> None:
    """Take Slack's events, and mail that is posted, by HTTP."""
    from bot.cli.running import run_roles

    run_roles("web", verbose=verbose)


@app.command(rich_help_panel=_WORKING)
def worker(verbose: Verbose = False) -> None:
    """Move threads and send messages; run as many as you like."""
    from bot.cli.running import run_roles

    run_roles("worker", verbose=verbose)


@app.command(rich_help_panel=_LOOKING)
def say(
    agent: Annotated[str, typer.Argument(help="The agent's name.")],
    text: Annotated[str, typer.Argument(help="What you want, in your own words.")],
    thread: Annotated[str | None, typer.Option(metavar="THREAD", help="Go on in this thread.")] = None,
    wait: Annotated[bool, typer.Option(help="Follow until it is done or waits for somebody.")] = True,
) -> None:
    """Ask an agent for something, as the person whom bot.toml maps your user to."""
    from bot.cli.saying import say

    say(agent, text, thread=thread, wait=wait)


@app.command(rich_help_panel=_LOOKING)
def threads(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    status: Annotated[str | None, typer.Option(help="Only those that are ready, waiting, done, paused, ...")] = None,
    as_json: AsJson = False,
) -> None:
    """List the threads that changed last."""
    from bot.cli.looking import list_threads

    list_threads(limit=limit, status=status, as_json=as_json)


@app.command(rich_help_panel=_LOOKING)
def show(
    named: Annotated[str, typer.Argument(metavar="THREAD|REQUEST", help="Its id, or the beginning of a thread's.")],
    as_json: AsJson = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Show a thread's log as a timeline, or a request in full."""
    from bot.cli.showing import show

    show(named, as_json=as_json, follow=follow)


@app.command(rich_help_panel=_DECIDING)
def requests(
    mine: Annotated[bool, typer.Option("--mine", help="Only what you may answer.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what waits for a person; `bot show REQUEST` shows one in full."""
    from bot.cli.looking import list_requests

    list_requests(mine=mine, as_json=as_json)


@app.command(rich_help_panel=_DECIDING)
def answer(
    request: Annotated[str, typer.Argument(help="A request as `bot requests` lists it.")],
    how: Annotated[AnswerWord, typer.Argument(metavar="approve|reject|choose|say", help="Your answer.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[OPTION|TEXT]", help="After choose: the option; after say: a text.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, for those who asked and for the agent.")] = "",
) -> None:
    """Answer a request, as the person whom bot.toml maps your user to."""
    from bot.cli.answering import answer

    answer(request, how.value, " ".join(words or ()), reason=reason)


@app.command(rich_help_panel=_LOOKING)
def pause(thread: ThreadId) -> None:
    """Stop a thread for a while; approvals are still taken."""
    from bot.cli.steering import steer

    steer(thread, "pause")


@app.command(rich_help_panel=_LOOKING)
def resume(thread: ThreadId) -> None:
    """Let a paused or parked thread go on."""
    from bot.cli.steering import steer

    steer(thread, "resume")


@app.command(rich_help_panel=_LOOKING)
def cancel(thread: ThreadId) -> None:
    """End a thread for good; a running action is not interrupted."""
    from bot.cli.steering import steer

    steer(thread, "cancel")


@app.command(rich_help_panel=_LOOKING)
def status(as_json: AsJson = False) -> None:
    """Show how it is doing: processes, threads, what waits to be sent, mailboxes and what became of mails."""
    from bot.cli.status import status

    status(as_json=as_json)


@app.command(rich_help_panel=_LOOKING)
def dead(as_json: AsJson = False) -> None:
    """List what was given up or refused, and why."""
    from bot.cli.looking import list_dead

    list_dead(as_json=as_json)


@app.command(rich_help_panel=_LOOKING)
def stats(
    since: Annotated[str | None, typer.Option(metavar="7d|2026-11-01", help="Only what happened since then.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Count what the agents did, by the logs: turns, requests, tokens, failures, and what people thought of answers."""
    from bot.cli.stats import show_stats

    show_stats(since=since, as_json=as_json)


@app.command(rich_help_panel=_SETTING_UP)
def init() -> None:
    """Write a bot.toml and a .env to start from; nothing is overwritten."""
    from bot.cli.setting_up import init

    init()


@app.command(rich_help_panel=_SETTING_UP)
def whoami() -> None:
    """Show as whom the command line knows you."""
    from bot.cli.setting_up import whoami

    whoami()


@app.command(rich_help_panel=_SETTING_UP)
def doctor(
    mail: Annotated[bool, typer.Option("--mail", help="Send itself a mail through the real servers, too.")] = False,
) -> None:
    """Check settings, bot.toml, agents, Redis, Slack, mail and the model's key, one line each with the mend."""
    from bot.cli.doctor import doctor

    raise typer.Exit(doctor(mail=mail))


@new.command("agent")
def new_agent(name: Annotated[str, typer.Argument(help="Its name, such as support.")]) -> None:
    """Write a new agent: its file, its prompt and a test that passes."""
    from bot.cli.new_agent import new_agent

    new_agent(name)


@playground.command("slack")
def playground_slack(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0: any free one.")] = 0,
    events_url: Annotated[str | None, typer.Option(help="Where `bot web` listens; else Socket Mode.")] = None,
    data: Annotated[Path | None, typer.Option(help="File that keeps the workspace.")] = None,
) -> None:
    """Run the small Slack alone; prints the settings to reach it by."""
    import asyncio

    from bot.playground.slack import serve

    asyncio.run(serve(port=port, events_url=events_url, data=data, control_token=None))


@playground.command("model")
def playground_model(port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0: any free one.")] = 0) -> None:
    """Run the stand-in for the model's API alone; prints the setting to reach it by."""
    import asyncio

    from bot.playground.model.peer import serve

    asyncio.run(serve(port, announce=typer.echo))


@playground.command("mail")
def playground_mail(
    smtp_port: Annotated[int, typer.Option(help="SMTP port on 127.0.0.1; 0: any free one.")] = 0,
    imap_port: Annotated[int, typer.Option(help="IMAP port on 127.0.0.1; 0: any free one.")] = 0,
    data: Annotated[Path | None, typer.Option(help="File that keeps the mail.")] = None,
) -> None:
    """Run the small mail server alone; prints the settings to reach it by."""
    import asyncio

    from bot.playground.mail import serve

    asyncio.run(serve(smtp_port=smtp_port, imap_port=imap_port, data=data))
