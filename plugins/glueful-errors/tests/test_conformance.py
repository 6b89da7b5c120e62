"""The plugin fulfils what every plugin fulfils."""

from glueful_kernel.testing.conformance import *

PLUGIN = "errors"
