"""The small mail servers, held to what the real clients expect of the real ones."""
