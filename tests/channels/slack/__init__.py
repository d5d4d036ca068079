"""Tests of the Slack channel: real Bolt against the local Slack peer."""
