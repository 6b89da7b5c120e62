"""The plugin fulfils what every plugin fulfils."""

from glueful_kernel.testing.conformance import *

PLUGIN = "auth"
SETTINGS = {"auth": {"secret": "only for these tests, 32 bytes.."}}
