"""Active-record models, relations, transactions and migrations for Glueful."""
