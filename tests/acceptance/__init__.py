"""The processes of the Procfile, run as a user runs them, and killed as machines kill them."""
