"""Keys, locks and messages in one SQLite file, shared by the processes of one machine."""
