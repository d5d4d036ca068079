"""Tests of the audit: what the log says about requests, and whether the log is what this program wrote."""
