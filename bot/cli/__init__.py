"""The command `bot`: what it was told wrong is one line and exit code 2, never a traceback."""

import io
import sys


def main() -> None:
    """Run the command line: exit code 0 (fine), 1 (`bot doctor` found something), 2 (mend the input) or 130 (Ctrl-C).

    Only what every command needs is imported here and in bot.cli.app, so that `bot --help` is quick.
    """
    from bot.cli.app import app
    from bot.errors import CountersignError

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without these characters is no reason to fail
    try:
        app(prog_name="bot")
    except CountersignError as error:
        sys.stderr.write(f"bot: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not _from_redis(error):
            raise
        sys.stderr.write(f"bot: the store stopped answering ({error}); try again, and see `bot doctor`\n")
        sys.exit(2)


def _from_redis(error: Exception) -> bool:
    if "redis" not in sys.modules:
        return False
    from redis.exceptions import RedisError

    return isinstance(error, RedisError)
