"""Attacks on what the approvals promise: by text, by the model, and by whoever changes something in between."""
