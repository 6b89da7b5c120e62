"""Models: rows with attributes."""
