"""The page on this machine, until the command is stopped."""

import socket
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from .door import Door
from .web import Office, make_app

HOST = "127.0.0.1"


def serve(
    office: Office, port: int, stop: threading.Event, ready: Callable[[str], None], again: Callable[[str], None]
) -> None:
    """Serves until `stop`; `ready` is told the address with its key.

    `again` is told the address that opens the page now, after somebody came with a used key or an ended session. Raises
    OSError when the port is taken.
    """
    with socket.create_server((HOST, port)) as listening:
        port = listening.getsockname()[1]
        door, opens = Door(), f"http://{HOST}:{port}/?kunci="
        hosts = [f"{name}:{port}" for name in (HOST, "localhost")]
        app = make_app(office, door, hosts, lambda key: again(opens + key))
        server = make_server(HOST, port, app, threaded=True, request_handler=_Silent, fd=listening.fileno())
    thread = threading.Thread(target=server.serve_forever, name="review")
    thread.start()
    try:
        if key := door.knock(office.clock()):
            ready(opens + key)
        stop.wait()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Silent(WSGIRequestHandler):
    """Tells nothing of requests, since the first one holds the key, and nothing of what serves them."""

    timeout = 30

    def version_string(self) -> str:
        """What the header Server says."""
        return "NTBCare"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""
