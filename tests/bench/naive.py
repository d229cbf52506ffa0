"""The baseline: what a developer writes in an afternoon with facebook-sdk, scikit-learn and SQLAlchemy's ORM."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import facebook
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sqlalchemy import String, Text, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from classifiers import corpus

from .standin import StandIn


@cache
def pipeline() -> Any:
    """Words and letters counted as our own classifier counts them, with logistic regression over the categories.

    It answers one question where ours answers three, which is in its favour.
    """
    lines = corpus.load()
    made = make_pipeline(counted(), LogisticRegression(max_iter=20, tol=1e-2))
    return made.fit([line.text for line in lines], [line.category for line in lines])


def counted() -> Any:
    """Scikit-learn's own counting of n-grams of 3 to 5 letters within words, and of words."""
    return make_union(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2), TfidfVectorizer(ngram_range=(1, 1), min_df=2)
    )


class _Base(DeclarativeBase):
    pass


class Comment(_Base):
    """What such a script keeps."""

    __tablename__ = "comments"
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    author: Mapped[str | None] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[str | None] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(40))
    score: Mapped[float]


def run(graph: StandIn, folder: Path) -> int:
    """Reads every post and comment, predicts each, and commits each; returns how many."""
    facebook.FACEBOOK_GRAPH_URL, before = f"{graph.address}/", facebook.FACEBOOK_GRAPH_URL
    try:
        api = facebook.GraphAPI(graph.token)
        api.version = "v26.0"
        engine = create_engine(f"sqlite:///{folder / 'naive.db'}")
        _Base.metadata.create_all(engine)
        with Session(engine) as session:
            return sum(_keep(session, node) for node in _nodes(api, graph.page))
    finally:
        facebook.FACEBOOK_GRAPH_URL = before


def _nodes(api: Any, page: str) -> Iterator[dict[str, Any]]:
    fields = "id,message,from,created_time"
    for post in api.get_all_connections(page, "feed", fields=fields, limit=100):
        yield post
        yield from api.get_all_connections(post["id"], "comments", fields=fields, filter="stream", limit=100)


def _keep(session: Session, node: dict[str, Any]) -> int:
    text = node.get("message", "")
    chances = pipeline().predict_proba([text])[0]
    label, score = str(pipeline().classes_[chances.argmax()]), float(chances.max())
    author = node.get("from", {}).get("name")
    row = Comment(id=node["id"], author=author, text=text, created=node["created_time"], label=label, score=score)
    session.add(row)
    session.commit()
    return 1
