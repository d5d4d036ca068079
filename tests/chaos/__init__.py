"""Faults at random and at every single command, and afterwards the invariants over every thread."""
