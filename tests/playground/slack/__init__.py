"""Tests of the Slack peer: each talks to it through the real Bolt and slack_sdk."""
