"""Plugin discovery, dependency order and compatibility for Glueful."""
