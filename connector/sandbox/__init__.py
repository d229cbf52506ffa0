"""A small, honest Graph API on this machine, for the demo and the tests.

    world = World()
    page = world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    world.add_comment(world.add_post(page, "Selamat pagi"), "Jalan rusak pak", "Baiq Rohani")
    sandbox = Sandbox(world)
    with serve(sandbox) as address:
        ...  # GET {address}/v26.0/{page.id}/feed with sandbox.token("gubernur")

`Sandbox.handle` gives the same answers without a socket. It imports nothing of the product.
"""

from __future__ import annotations

from . import faults
from .answer import Call, Sandbox
from .bulk import bulk_world
from .errors import GraphError
from .options import Options
from .rules import Fault
from .server import serve
from .story import demo_world
from .things import Attachment, Comment, Conversation, Message, Page, Post, Profile
from .tokens import SCOPES, Token, Tokens
from .usage import Limits
from .wire import Request, Response, Wire
from .world import World

__all__ = [
    "SCOPES", "Attachment", "Call", "Comment", "Conversation", "Fault", "GraphError", "Limits", "Message", "Options",
    "Page", "Post", "Profile", "Request", "Response", "Sandbox", "Token", "Tokens", "Wire", "World", "bulk_world",
    "demo_world", "faults", "serve",
]  # fmt: skip
