"""Tests of asking people."""
