"""The stand-in for the Messages API: what it refuses, what it counts, and which step it chooses."""
