"""Request validation for Glueful that reports every error at once."""
