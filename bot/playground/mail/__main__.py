"""`python -m bot.playground.mail`: run the mail peer alone, for development."""

import argparse
import asyncio
import contextlib
from pathlib import Path

from bot.playground.mail.server import DOMAIN, serve


def main() -> None:
    """Read the options and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bot.playground.mail", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port of the control API on 127.0.0.1 (0: any free one)")
    parser.add_argument("--smtp-port", type=int, default=0, help="port of the SMTP server (0: any free one)")
    parser.add_argument("--imap-port", type=int, default=0, help="port of the IMAP server (0: any free one)")
    parser.add_argument("--domain", default=DOMAIN, help=f"the domain whose mail it receives (default: {DOMAIN})")
    parser.add_argument("--data", type=Path, help="file that keeps the mail over a restart")
    parser.add_argument("--control-token", help="token of the control API (made up and printed if left out)")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            serve(
                port=options.port,
                smtp_port=options.smtp_port,
                imap_port=options.imap_port,
                domain=options.domain,
                data=options.data,
                control_token=options.control_token,
            )
        )


if __name__ == "__main__":
    main()
