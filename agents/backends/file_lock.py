"""Locks between processes: one call, so that every use of flock here means the same."""

import fcntl


def locked(file: int) -> bool:
    """Take the exclusive lock on an open file without waiting; False if another holds it.

    The lock belongs to the open file, not to the process (flock(2)): a child that inherits it keeps it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(file: int) -> None:
    """Let go of the lock, for every process that inherited the open file as well."""
    fcntl.flock(file, fcntl.LOCK_UN)
