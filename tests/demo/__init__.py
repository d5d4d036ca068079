"""`bot demo` and its page, as whole processes and in a real browser."""
