"""Exit status 0 where nothing listens at the port; else one sentence."""

import socket
import sys

try:
    socket.create_server(("127.0.0.1", int(sys.argv[1]))).close()
except (OSError, ValueError, OverflowError):
    sys.exit(f"Port {sys.argv[1]} is taken, or is none; choose another one: PORT=8001 make run")
