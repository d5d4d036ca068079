"""Countersign's runtime: agents that work through typed steps and ask before they act."""
