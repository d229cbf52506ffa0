"""The model card: what a model was made of and how good it is, as one HTML page without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from classifiers.evaluate import Evaluation, Figure, Row

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:right}"
    "td:first-child,th:first-child{text-align:left}svg{background:#fafafa;border:1px solid #ccc}"
)


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve: how good a figure is after so many texts."""

    title: str
    points: tuple[tuple[int, float], ...]


def card(manifest: dict[str, Any], evaluation: Evaluation, curves: Sequence[Curve] = ()) -> str:
    """The page; opens without network."""
    parts = [
        f"<h1>Model {escape(str(manifest.get('name', evaluation.model)))}</h1>",
        "<p>Linear model on character n-grams and words of Indonesian social media texts. It says of a text whether it "
        "is a complaint, of what kind and category, and how urgent; where it is unsure it asks for a person.</p>",
        _facts(manifest),
        f"<h2>Measured on {evaluation.texts} texts ({evaluation.complaints} complaints, {evaluation.urgent} urgent)</h2>",
        _figures(evaluation.figures),
        *(f"<h3>Style {escape(style)}</h3>{_figures(figures)}" for style, figures in evaluation.styles.items()),
        "<h2>Reliability</h2><p>What it said, and how often that came true.</p>",
        _plot([("", [(said, came) for said, came, _ in evaluation.reliability])], diagonal=True),
        _labels("Category", evaluation.categories),
        _labels("Kind", evaluation.kinds),
        "<h2>Taken for each other</h2><ul>",
        *(f"<li>{escape(t)} → {escape(s)}: {n}</li>" for t, s, n in evaluation.confusion[:15]),
        "</ul>",
        *(_learning(curve) for curve in curves),
        "<h2>Not for</h2><p>Deciding alone about a person; texts outside public services; languages other than "
        "Indonesian with Sasak, Samawa, Mbojo, Balinese or Javanese mixed in.</p>",
    ]
    title = escape(str(manifest.get("name", evaluation.model)))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )


def _facts(manifest: dict[str, Any]) -> str:
    texts = manifest.get("texts", {})
    rows = {
        "texts of the corpus": texts.get("corpus"),
        "texts labelled by people": texts.get("people"),
        "held out": texts.get("held_out"),
        "corpus SHA-256": manifest.get("corpus_sha256"),
        "scikit-learn": manifest.get("sklearn"),
    }
    return "<table>" + "".join(f"<tr><td>{k}<td>{escape(str(v))}" for k, v in rows.items()) + "</table>"


def _figures(figures: dict[str, Figure]) -> str:
    rows = "".join(
        f"<tr><td>{escape(name)}<td>{f.value:.3f}<td>{f.low:.3f} – {f.high:.3f}"
        for name, f in figures.items()
        if f.value is not None
    )
    return f"<table><tr><th>figure<th>value<th>95 % interval{rows}</table>"


def _labels(title: str, rows: Sequence[Row]) -> str:
    body = "".join(
        f"<tr><td>{escape(r.label)}<td>{r.precision:.2f}<td>{r.recall:.2f}<td>{r.f1:.2f}<td>{r.texts}" for r in rows
    )
    return f"<h2>{title}</h2><table><tr><th>label<th>precision<th>recall<th>F1<th>texts{body}</table>"


def _learning(curve: Curve) -> str:
    most = max((count for count, _ in curve.points), default=1) or 1
    points = [(count / most, value) for count, value in curve.points]
    said = ", ".join(f"{count}: {value:.3f}" for count, value in curve.points)
    return f"<h2>{escape(curve.title)}</h2>{_plot([(curve.title, points)])}<p>{said}</p>"


def _plot(lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], *, diagonal: bool = False) -> str:
    """Points from 0 to 1 in both directions, joined."""
    drawn = ['<path d="M20 280 L280 20" stroke="#bbb" fill="none"/>'] if diagonal else []
    for title, points in lines:
        path = " ".join(f"{'ML'[i > 0]}{20 + 260 * x:.1f} {280 - 260 * y:.1f}" for i, (x, y) in enumerate(points))
        drawn.append(
            f'<path d="{path}" stroke="#0a58a8" stroke-width="2" fill="none"><title>{escape(title)}</title></path>'
        )
        drawn += [f'<circle cx="{20 + 260 * x:.1f}" cy="{280 - 260 * y:.1f}" r="3" fill="#0a58a8"/>' for x, y in points]
    return f'<svg viewBox="0 0 300 300" width="300" height="300" role="img">{"".join(drawn)}</svg>'
