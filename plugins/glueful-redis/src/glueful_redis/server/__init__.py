"""Keys, locks and messages on Redis."""
