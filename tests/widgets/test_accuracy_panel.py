from typing import get_args

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.widgets.accuracy_panel import (
    AccuracyPanel,
    accuracy_line,
    caveat_of,
    selection_line,
)
from annotat_nb.widgets.segmentation_panel import SegmentationPanel


@pytest.fixture
def session():
    image = np.full((2, 40, 60), 50, "uint8")
    image[:, :, 20:] = 200
    with an.Session(an.Volume(image)) as session:
        session.classes.add("<b>bright</b>")
        session.paint([(5, 5), (35, 5)], label=0, radius=2)
        session.paint([(5, 30), (35, 30)], label=1, radius=2)
        session.generate_superpixels()
        yield session


def html_of(panel):
    return "".join(part.value for part in panel.children)


@pytest.mark.parametrize(("method", "what"), [(an.Waterpixels(), "superpixels"), (None, "voxels")])
def test_the_panel_says_how_often_it_is_right_once_something_is_trained(session, method, what):
    session.pipeline = session.pipeline.model_copy(update={"superpixels": method})
    panel = SegmentationPanel(session, print, print, print)
    assert panel.accuracy.value == ""
    session.apply()
    panel.refresh()
    assert panel.accuracy.value == accuracy_line(session.trained.model)
    assert f"marked {what}, judged by their own strokes" in panel.accuracy.value
    assert "figures flatter" in panel.accuracy.tip
    session.paint([(5, 17), (35, 17)], label=0, radius=0)
    session.paint([(5, 50), (35, 50)], label=1, radius=0)
    session.apply()
    panel.refresh()
    assert panel.accuracy.value.endswith(f"marked {what} (whole strokes kept apart)")
    assert "figures flatter" not in panel.accuracy.tip
    assert panel.accuracy.value.startswith("Right about 100.0 % of ")


def test_the_tables_hold_what_the_session_says_and_names_are_text(session):
    session.apply()
    shown = html_of(AccuracyPanel(session))
    for count in np.ravel(session.accuracy.confusion):
        assert f">{count}</span></td>" in shown
    assert "&lt;b&gt;bright&lt;/b&gt;" in shown
    assert "<b>" not in shown
    for name, value in session.importances.items():
        assert name in shown
        assert f"{100 * value:.1f} %" in shown
    assert shown.count(">used<") == len(session.kept_features)
    assert shown.count(">left out<") == len(session.importances) - len(session.kept_features)


def test_without_a_selection_it_says_that_all_are_used(session):
    session.pipeline = session.pipeline.model_copy(update={"selection": None})
    session.apply()
    assert "All 5 features are used" in html_of(AccuracyPanel(session))


def test_what_was_trained_is_told_of_it_alone(session):
    session.apply()
    panel = SegmentationPanel(session, print, print, print)
    assert panel.summary.value == "Random forest, 5 of 5 features, Waterpixels"
    former = session.pipeline
    session.pipeline = an.Pipeline(features=(an.Identity(),), classifier=an.KNearestNeighbours())
    panel.refresh()
    assert panel.summary.value == "k nearest neighbours, 1 feature, Waterpixels"
    assert panel.accuracy.value == "Not trained yet with these parameters"
    assert html_of(AccuracyPanel(session)).startswith("This is the last training; since then")
    session.pipeline = former.model_copy(update={"device": "cpu"})  # the same training
    panel.refresh()
    assert panel.accuracy.value == accuracy_line(session.trained.model)
    assert "since then" not in html_of(AccuracyPanel(session))


@pytest.mark.parametrize("method", get_args(an.FeatureSelection.model_fields["method"].annotation))
def test_the_dialog_names_measure_and_threshold_of_the_selection(session, method):
    said = selection_line(an.FeatureSelection(method=method, threshold=0.002))
    assert f"({method.replace('_', ' ')}). Left out: below 0.2 %;" in said
    assert ("cost much more" in said) == (method == "permutation")
    session.apply()
    assert selection_line(session.pipeline.selection) in html_of(AccuracyPanel(session))


def test_the_mouse_over_the_accuracy_tells_what_it_is_worth(session):
    panel = SegmentationPanel(session, print, print, print)
    session.apply()
    panel.refresh()
    (shown,) = panel.accuracy.children
    assert f'title="{caveat_of(session.accuracy)}"' in shown.value
