"""The command `ntbcare`: the only place where rooms are wired together and settings are read."""

import signal
import sys


def main() -> None:
    """Runs the command line; exit 0: done, 1: something failed, 2: wrong use or configuration and nothing was touched."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever changes his mind while all is loaded has nothing to lose
    from .outcome import run
    from .verbs import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(run(app))
