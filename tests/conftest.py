"""What every test starts from."""

import signal

# A shell starts a job in the background with SIGINT ignored, and all its children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
