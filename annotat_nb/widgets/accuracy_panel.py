"""How often the last training is right, and which features matter."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from annotat_nb.classify import Accuracy, FeatureSelection, Model
    from annotat_nb.session import Session

FLATTERS = (
    "Estimated from what is painted, each part of it judged by what was learnt from the rest. "
    "Parts of one stroke resemble each other, so the figures flatter: compare settings by them, "
    "and look at the label to judge it. With two strokes or more of each class, apart from each "
    "other, whole strokes are judged by the others, which is fairer."
)
MEASURES = {
    "impurity": (
        "share in how trees part the classes",
        "with many features each has a small share, and a lower threshold may be more accurate",
    ),
    "drop_column": (
        "accuracy lost when the feature is left out",
        "all that are left out together cost less than that",
    ),
    "permutation": (
        "accuracy lost when the values of the feature are mixed up",
        "features that say the same all seem worth less, so that leaving them out together may "
        "cost much more: compare the accuracy without a selection",
    ),
}
"""What each method of the feature selection measures, and what to make of it."""
BY_OWN = "judged by their own strokes: two strokes of each class, apart, give a fairer figure"
BY_OTHERS = (
    "Each stroke is judged by what was learnt from other strokes. What is not painted may be "
    "harder: look at the label to judge it."
)

FORMER = "This is the last training; since then, the parameters or what is loaded changed."


def accuracy_line(model: Model | None) -> str:
    """Say in a line how often a classifier is right; empty where nothing is known of it."""
    if model is None or model.accuracy is None:
        return ""
    what = "voxels" if model.pipeline.superpixels is None else "superpixels"
    return told_of(model.accuracy, what)


def caveat_of(accuracy: Accuracy) -> str:
    """Say what the figures are worth."""
    if accuracy.is_by_strokes:
        return BY_OTHERS
    return f"{FLATTERS} (Here: {accuracy.how}.)"


def told_of(accuracy: Accuracy, what: str) -> str:
    """Say in a line how often a classifier is right about marked superpixels or voxels.

    Examples
    --------
    >>> from annotat_nb.classify import Accuracy
    >>> told_of(Accuracy.counted([[8, 2], [0, 10]], "whole strokes kept apart"), "voxels")
    'Right about 90.0 % of 20 marked voxels (whole strokes kept apart)'
    """
    if accuracy.overall is None:
        return f"Accuracy {accuracy.how}"
    count = sum(map(sum, accuracy.confusion))
    share = f"{100 * accuracy.overall:.1f} %"
    if accuracy.is_by_strokes:
        return f"Right about {share} of {count:,} marked {what} ({accuracy.how})"
    return f"Right about {share} of {count:,} marked {what}, {BY_OWN}"


class AccuracyPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The confusion matrix of the last training, and the importance of each feature.

    Parameters
    ----------
    session
        What was trained.
    """

    def __init__(self, session: Session) -> None:
        accuracy, trained = session.accuracy, session.trained
        names = [inert(item.name) for item in trained.classes] if trained else []
        parts = [Line(accuracy_line(trained.model if trained else None))]
        if trained is not None and not session.is_trained:
            parts.insert(0, Line(FORMER))
        if accuracy is not None and accuracy.confusion:
            parts += [Line(caveat_of(accuracy)), w.HTML(confusion_table(accuracy, names))]
        if session.importances:
            if trained is not None and trained.pipeline.selection is not None:
                parts.append(Line(selection_line(trained.pipeline.selection)))
            parts.append(w.HTML(importance_table(session.importances, session.kept_features)))
        elif session.kept_features:
            parts.append(Line(f"All {len(session.kept_features)} features are used."))
        super().__init__(parts)


def selection_line(selection: FeatureSelection) -> str:
    """Say what the importance of a feature is, and which features are left out.

    Examples
    --------
    >>> from annotat_nb.classify import FeatureSelection
    >>> selection_line(FeatureSelection(threshold=0.005)).partition(";")[0]
    'Importance: share in how trees part the classes (impurity). Left out: below 0.5 %'
    """
    measure, remark = MEASURES[selection.method]
    left_out = f"Left out: below {100 * selection.threshold:g} %"
    method = selection.method.replace("_", " ")
    return f"Importance: {measure} ({method}). {left_out}; {remark}."


def confusion_table(accuracy: Accuracy, names: Sequence[str]) -> str:
    """Write the confusion matrix as HTML; whatever the names contain is shown as text."""
    head = _row("th", ["painted as \\ taken for", *names, "right"])
    rows = [
        _row("td", [f"{count:,}" for count in counts] + [_share(own)], name)
        for name, counts, own in zip(names, accuracy.confusion, accuracy.per_class, strict=True)
    ]
    return _table("Confusion matrix", head, rows)


def importance_table(importances: Mapping[str, float], kept: Sequence[str]) -> str:
    """Write what each feature matters as HTML, the most important first."""
    ranked = sorted(importances.items(), key=lambda item: -item[1])
    head = _row("th", ["feature", "importance", ""])
    rows = [
        _row("td", [f"{100 * value:.1f} %", "used" if name in kept else "left out"], name)
        for name, value in ranked
    ]
    return _table("Features", head, rows)


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f} %"


def _row(tag: str, cells: Sequence[str], name: str = "") -> str:
    first = f'<th scope="row">{_text(name)}</th>' if name else ""
    return f"<tr>{first}{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in cells)}</tr>"


def _text(value: str) -> str:
    # A name between dollar signs would be shown as a formula.
    return f'<span class="tex2jax_ignore">{html.escape(value)}</span>'


def _table(caption: str, head: str, rows: Sequence[str]) -> str:
    return (
        f'<table class="annotat-table"><caption>{caption}</caption>'
        f"<thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
    )
