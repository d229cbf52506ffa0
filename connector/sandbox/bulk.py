"""Large worlds for benchmarks: many posts with many comments, made in a second or two."""

from __future__ import annotations

import gc
from datetime import datetime, timedelta

from . import ids
from .things import Comment, Page, Post
from .world import Clock, World, utc_now

_TEXTS = (
    "Jalan di dekat pasar berlubang lagi pak, tadi pagi dua motor jatuh",
    "Air PDAM sudah empat hari tidak mengalir di lingkungan kami",
    "Terima kasih pak atas kunjungannya, semoga sehat selalu",
    "Kapan jadwal pencairan bantuan untuk desa kami min?",
    "Lampu jalan padam dari simpang tiga sampai jembatan, gelap sekali",
    "Mantap pak lanjutkan",
    "Sampah menumpuk di depan sekolah, baunya sampai ke kelas",
    "Mohon info cara urus KTP yang hilang",
)


def bulk_world(
    posts: int,
    comments_per_post: int,
    *,
    pages: int = 1,
    replies_every: int = 5,
    people: int = 500,
    now: datetime | None = None,
    clock: Clock | None = None,
) -> World:
    """`posts` posts with `comments_per_post` comments each, spread evenly over `pages` Pages and the last 80 days.

    Every `replies_every`-th comment is a reply to the one before (0: none). Texts repeat with a number behind.
    """
    end = now or utc_now()
    world = World(clock or utc_now)
    made = [world.add_page(f"page{n + 1}", str(100_000_000_000_001 + n), f"Bulk {n + 1}") for n in range(pages)]
    step = timedelta(days=80) / max(1, posts)
    collecting = gc.isenabled()
    gc.disable()
    try:
        for n in range(posts):
            page = made[n % pages]
            post = world.add_post(page, f"Kegiatan hari ini nomor {n}", at=end - step * (posts - n))
            _fill(world, page, post, comments_per_post, replies_every, people, int(step.total_seconds()))
    finally:
        if collecting:
            gc.enable()
    return world


def _fill(world: World, page: Page, post: Post, count: int, replies_every: int, people: int, span: int) -> None:
    gap, prefix, created = max(0, span // max(1, count)), post.prefix, post.created
    stream, top, nodes = post.stream, post.comments, world.nodes
    parent: Comment | None = None
    for n in range(count):
        number = world.number()
        author = world.profile(page, f"Warga {number // 7 % people}")
        text = f"{_TEXTS[number // 7 % len(_TEXTS)]} ({number // 7 % 1_000_003})"
        above = parent if replies_every and n % replies_every == replies_every - 1 else None
        comment = Comment(ids.comment_id(prefix, number), number, post, above, author, text, created + gap * n)
        nodes[comment.id] = comment
        stream.append(comment)
        if above is None:
            top.append(comment)
            parent = comment
        else:
            above.replies = [*(above.replies or ()), comment]
    post.updated = stream[-1].created if stream else created
