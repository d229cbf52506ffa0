"""The demo world."""

from __future__ import annotations

from datetime import datetime

from .world import Clock, World, utc_now


def demo_world(now: datetime, clock: Clock | None = None) -> World:
    """Three Pages."""
    world = World(clock or utc_now)
    world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    world.add_page("wagub", "100000000000002", "Wakil Gubernur NTB")
    world.add_page("ntbcare", "100000000000003", "NTB Care", new_experience=False)
    return world
