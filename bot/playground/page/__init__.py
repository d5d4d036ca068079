"""The demo's page: the small Slack, the thread's log and what really ran, side by side on loopback."""
