"""The two words that are spoken to the embedded server before any client exists: PING and SHUTDOWN."""

import socket
from pathlib import Path

PATIENCE_SECONDS = 1.0


def send(path: Path, command: bytes) -> bytes:
    """Send one inline command and return the first bytes of the answer (empty where the server hangs up)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(PATIENCE_SECONDS)
        channel.connect(str(path))
        channel.sendall(command)
        return channel.recv(512)


def answers(path: Path) -> bool:
    """Whether a server listens here and is ready."""
    try:
        return send(path, b"PING\r\n").startswith(b"+PONG")
    except OSError:
        return False
