"""``python -m glueful_kernel.cli``."""

from . import main

main()
