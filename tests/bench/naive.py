"""The baseline: what a developer writes in an afternoon with facebook-sdk, scikit-learn and SQLAlchemy's ORM."""

from collections.abc import Iterator, Sequence
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

QUESTIONS = ("kind", "category", "urgency")
"""What the product answers of each text."""


@cache
def pipeline(question: str = "category") -> Any:
    """Words, pairs of neighbours and letters, as in any tutorial, with logistic regression for one question."""
    lines = corpus.load()
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=2)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2)
    made = make_pipeline(make_union(letters, words), LogisticRegression(max_iter=20, tol=1e-2))
    return made.fit([line.text for line in lines], [getattr(line, question) for line in lines])


def counted(*, pairs: bool = False) -> Any:
    """Scikit-learn's own counting of n-grams of 3 to 5 letters within words, of words, and of pairs of words if wanted."""
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2)
    alone = TfidfVectorizer(ngram_range=(1, 1), min_df=2)
    if not pairs:
        return make_union(letters, alone)
    return make_union(letters, alone, TfidfVectorizer(ngram_range=(2, 2), min_df=5))


class _Base(DeclarativeBase):
    pass


class Comment(_Base):
    """What such a script keeps."""

    __tablename__ = "comments"
    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    author: Mapped[str | None] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[str | None] = mapped_column(String(40))
    labels: Mapped[str] = mapped_column(String(80))
    score: Mapped[float]


def run(graph: StandIn, folder: Path, questions: Sequence[str]) -> int:
    """Reads every post and comment; of each predicts each question, looks whether it is there, adds and commits it.

    Returns how many.
    """
    facebook.FACEBOOK_GRAPH_URL, before = f"{graph.address}/", facebook.FACEBOOK_GRAPH_URL
    try:
        api = facebook.GraphAPI(graph.token)
        api.version = "v26.0"
        engine = create_engine(f"sqlite:///{folder / 'naive.db'}")
        _Base.metadata.create_all(engine)
        with Session(engine) as session:
            return sum(_keep(session, node, questions) for node in _nodes(api, graph.page))
    finally:
        facebook.FACEBOOK_GRAPH_URL = before


def _nodes(api: Any, page: str) -> Iterator[dict[str, Any]]:
    fields = "id,message,from,created_time"
    for post in api.get_all_connections(page, "feed", fields=fields, limit=100):
        yield post
        yield from api.get_all_connections(post["id"], "comments", fields=fields, filter="stream", limit=100)


def _keep(session: Session, node: dict[str, Any], questions: Sequence[str]) -> int:
    text = node.get("message", "")
    labels, score = [], 1.0
    for question in questions:
        labels.append(str(pipeline(question).predict([text])[0]))
        score = min(score, float(pipeline(question).predict_proba([text])[0].max()))
    author = node.get("from", {}).get("name")
    row = Comment(
        id=node["id"], author=author, text=text, created=node["created_time"], labels=" ".join(labels), score=score
    )
    if session.get(Comment, node["id"]) is None:
        session.add(row)
    session.commit()
    return 1
