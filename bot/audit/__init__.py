"""Who was asked what, who answered and what ran; and whether the log that says so is what this program wrote."""
