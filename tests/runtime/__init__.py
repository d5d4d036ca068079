"""Scenarios: the real loop, worker, sender and store, with a scripted model and small agents."""
