"""The ways in and out: one module or package a channel."""
