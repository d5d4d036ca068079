"""A rehearsal in place of a model: the Messages API on loopback, answered by the visible rules in rules.toml."""
