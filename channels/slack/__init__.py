"""Slack: events and buttons in, messages and cards out, over HTTP or Socket Mode."""
