"""The store: threads, schedules and outgoing messages in Redis or Valkey."""
