"""Fuzz the reader of mails: `python -m tests.fuzz.mails [libFuzzer's options]`. It needs atheris.

It looks for whatever breaks the promises of `tests.fuzz.target`, and for a mail that takes longer than ten seconds. It
starts from the corpus of the tests.
"""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

_LONGEST = 24_000  # bytes


def main(options: list[str]) -> None:
    """Fuzz until something is found, or `-runs=...` or `-max_total_time=...` ends it."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("tests.fuzz.mails needs atheris: pip install atheris (Linux; see there for which versions of Python)")
    with atheris.instrument_imports(include=["channels.email", "email"]):
        target = importlib.import_module("tests.fuzz.target")
    cases = importlib.import_module("tests.channels.email.mailbag").cases
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(cases()):
            (Path(folder) / str(number)).write_bytes(case.raw[:_LONGEST])
        atheris.Setup([sys.argv[0], f"-max_len={_LONGEST}", "-timeout=10", *options, folder], target.one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
