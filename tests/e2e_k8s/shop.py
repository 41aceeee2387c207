"""The program inside the containers: a small shop, whose version says what is wrong with it.

v41 sells; v42 keeps a database connection at every second sale; v43 does not even start.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = os.environ.get("IMAGE", ":v41").rpartition(":")[2]
POOL = threading.Semaphore(int(os.environ.get("POOL_SIZE", "5")))
LOCK = threading.Lock()
SALES = [0]


def say(level: str, message: str) -> None:
    """One line of log as JSON."""
    sys.stdout.write(json.dumps({"level": level, "version": VERSION, "msg": message}) + "\n")
    sys.stdout.flush()


class Shop(BaseHTTPRequestHandler):
    """Sells by GET /buy."""

    def do_GET(self) -> None:
        """Sell once, with a connection of the pool."""
        if not POOL.acquire(timeout=0.02):
            say("error", "PoolTimeout: connection pool exhausted: timeout waiting for connection")
            self._answer(500)
            return
        with LOCK:
            SALES[0] += 1
            kept = VERSION == "v42" and SALES[0] % 2 == 0
        if not kept:
            POOL.release()
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing for each request."""


def main() -> None:
    """Serve on a free port and tell which."""
    if VERSION == "v43":
        say("fatal", "KeyError: 'PAYMENT_URL': the release expects a setting that is not there")
        raise SystemExit(1)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    say("info", f"checkout {VERSION} is open")
    told = Path(os.environ["PORT_FILE"])
    told.with_suffix(".new").write_text(str(server.server_address[1]))
    told.with_suffix(".new").rename(told)
    server.serve_forever()


if __name__ == "__main__":
    main()
