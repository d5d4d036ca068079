"""The local peers that the demo and the tests talk to."""
