"""Programs that print how quick the bot is; nothing here is timed by a test."""
