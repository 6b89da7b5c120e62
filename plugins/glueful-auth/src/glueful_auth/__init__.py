"""Principals, authenticators, passwords and JWT access tokens for Glueful."""
