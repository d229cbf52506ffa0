"""The model card: what a model was made of and how good it is, as one HTML page without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from classifiers.evaluate import Evaluation, Figure, Row
from classifiers.metrics import Matrix

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #bbb;padding:.2rem .6rem;text-align:right}"
    "td:first-child,th:first-child{text-align:left}svg{background:#fafafa;border:1px solid #ccc}"
)


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve: how good a figure is after so many texts. A manifest holds it as plain data."""

    title: str
    points: Sequence[tuple[int, float]]


def card(manifest: dict[str, Any], evaluation: Evaluation) -> str:
    """The page, with the learning curves that the manifest holds; opens without network."""
    parts = [
        f"<h1>Model {escape(str(manifest.get('name', evaluation.model)))}</h1>",
        "<p>Linear model on character n-grams and words of Indonesian social media texts. It says of a text whether it "
        "is a complaint, of what kind and category, and how urgent; where it is unsure it asks for a person.</p>",
        _facts(manifest),
        f"<h2>Measured on {evaluation.texts} texts ({evaluation.complaints} complaints, {evaluation.urgent} urgent)</h2>",
        f"<p>Left out, since the model learned from them: {evaluation.learned} texts.</p>"
        if evaluation.learned
        else "",
        _figures(evaluation.figures),
        *(f"<h3>Style {escape(style)}</h3>{_figures(figures)}" for style, figures in evaluation.styles.items()),
        _voices(manifest.get("unheard_voices", {})),
        "<h2>Reliability</h2><p>What it said, and how often that came true.</p>",
        _plot("reliability", [(said, came) for said, came, _ in evaluation.reliability], diagonal=True),
        _labels("Category", evaluation.categories),
        _labels("Urgency of complaints", evaluation.urgencies),
        _labels("Kind", evaluation.kinds),
        *(_crossed(question, matrix) for question, matrix in evaluation.matrices.items()),
        "<h2>Categories taken for each other</h2><ul>",
        *(f"<li>{escape(t)} → {escape(s)}: {n}</li>" for t, s, n in evaluation.confusion[:15]),
        "</ul>",
        *(_learning(Curve(**curve)) for curve in manifest.get("curves", ())),
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


def _voices(voices: dict[str, dict[str, float]]) -> str:
    """Each voice of the corpus as judged by models that had not learned from it."""
    if not voices:
        return ""
    names = list(dict.fromkeys(name for figures in voices.values() for name in figures))
    body = "".join(
        f"<tr><td>{escape(voice)}" + "".join(f"<td>{figures[n]:g}" if n in figures else "<td>–" for n in names)
        for voice, figures in voices.items()
    )
    head = "".join(f"<th>{escape(name)}" for name in names)
    return (
        "<h2>Voices not learned from</h2><p>Each file of the corpus has one author; here each is judged by a model that "
        f"learned from all the others. <b>daerah</b> is the NTB set.</p><table><tr><th>voice{head}{body}</table>"
    )


def _labels(title: str, rows: Sequence[Row]) -> str:
    """Precision and recall by label; nothing where the labels of the texts are not known."""
    if not rows:
        return ""
    body = "".join(
        f"<tr><td>{escape(r.label)}<td>{r.precision:.2f}<td>{r.recall:.2f}<td>{r.f1:.2f}<td>{r.texts}" for r in rows
    )
    return f"<h2>{title}</h2><table><tr><th>label<th>precision<th>recall<th>F1<th>texts{body}</table>"


def _crossed(question: str, matrix: Matrix) -> str:
    """The confusion of one question: true labels down, said ones across."""
    labels = list(next(iter(matrix.values())))
    head = "".join(f"<th>{escape(label)}" for label in labels)
    body = "".join(
        f"<tr><td>{escape(true)}" + "".join(f"<td>{row[label]}" for label in labels) for true, row in matrix.items()
    )
    return f"<h2>What was said of what: {escape(question)}</h2><table><tr><th>true, then said{head}{body}</table>"


def _learning(curve: Curve) -> str:
    most = max((count for count, _ in curve.points), default=1) or 1
    points = [(count / most, value) for count, value in curve.points]
    head = "<tr><th>texts" + "".join(f"<th>{count:,}" for count, _ in curve.points)
    row = "<tr><td>PR-AUC" + "".join(f"<td>{value:.3f}" for _, value in curve.points)
    return f"<h2>{escape(curve.title)}</h2>{_plot(curve.title, points, right=f'{most:,}')}<table>{head}{row}</table>"


def _plot(title: str, points: Sequence[tuple[float, float]], *, right: str = "1", diagonal: bool = False) -> str:
    """Points from 0 to 1 in both directions, joined; `right` says what 1 means along the bottom."""
    drawn = ['<path d="M40 260 L280 20" stroke="#bbb" fill="none"/>'] if diagonal else []
    drawn.append('<path d="M40 20 V260 H280" stroke="#888" fill="none"/>')
    for y in (0.25, 0.5, 0.75):
        drawn.append(f'<path d="M40 {260 - 240 * y:g} H280" stroke="#e4e4e4"/>')
    for x, y, anchor, said in (
        (36, 264, "end", "0"), (36, 144, "end", "0.5"), (36, 24, "end", "1"), (40, 278, "middle", "0"),
        (280, 278, "middle", right),
    ):  # fmt: skip
        drawn.append(f'<text x="{x}" y="{y}" font-size="12" text-anchor="{anchor}">{escape(said)}</text>')
    path = " ".join(f"{'ML'[i > 0]}{40 + 240 * x:.1f} {260 - 240 * y:.1f}" for i, (x, y) in enumerate(points))
    drawn.append(f'<path d="{path}" stroke="#0a58a8" stroke-width="2" fill="none"/>')
    drawn += [f'<circle cx="{40 + 240 * x:.1f}" cy="{260 - 240 * y:.1f}" r="3" fill="#0a58a8"/>' for x, y in points]
    said = escape(title, quote=True)
    return f'<svg viewBox="0 0 310 290" width="310" height="290" role="img" aria-label="{said}">{"".join(drawn)}</svg>'
