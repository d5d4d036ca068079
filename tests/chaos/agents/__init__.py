"""The one agent of the chaos runs; found as those of an installation are."""
