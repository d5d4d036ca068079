"""What the specialists work on: one file (or a few) a specialist, with its Protocol and the real thing behind it."""
