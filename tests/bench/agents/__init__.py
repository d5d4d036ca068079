"""The one agent of the benchmark; found as those of an installation are."""
