"""Email: reading by IMAP, sending by SMTP, and what a mail may mean in between."""
