"""`python -m bot.playground.slack`: run the Slack peer alone, for development."""

import argparse
import asyncio
import contextlib
from pathlib import Path

from bot.playground.slack.server import serve


def main() -> None:
    """Read the options and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bot.playground.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    parser.add_argument("--events-url", help="where the app listens; without it the app is in Socket Mode")
    parser.add_argument("--data", type=Path, help="file that keeps the workspace over a restart")
    parser.add_argument("--control-token", help="token of the control API (made up and printed if left out)")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            serve(
                port=options.port, events_url=options.events_url, data=options.data, control_token=options.control_token
            )
        )


if __name__ == "__main__":
    main()
