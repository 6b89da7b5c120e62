"""Every error of a Glueful application as RFC 9457 problem details."""
