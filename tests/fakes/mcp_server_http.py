"""The same small MCP server over HTTP, as `python -m tests.fakes.mcp_server_http`; it prints its port."""

import socket

import uvicorn

from tests.fakes.mcp_server import server


def over_http() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        listener.listen()
        config = uvicorn.Config(server.streamable_http_app(), log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    over_http()
