"""Fuzzing by coverage: `python -m tests.fuzz.mails` goes on until it finds something or is stopped."""
