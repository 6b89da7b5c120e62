"""The database as migrations use it: plain SQL, its own kind of transaction, and the lock."""
