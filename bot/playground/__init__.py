"""Local peers that speak the real protocols, so that the real adapters run on one machine with no accounts."""
