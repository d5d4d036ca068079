"""The email channel: from bytes to answers, and over the real protocols."""
