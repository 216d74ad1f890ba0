"""Which marks are of one stroke."""

import numpy as np
import pytest
from scipy import ndimage

import annotat_nb as an
from annotat_nb.classify import Marks, TrainingData
from annotat_nb.classify.strokes import REACH, parts_by_stroke, strokes_of

SHAPE = (20, 50, 70)


def painted(*places):
    labels = np.full(SHAPE, -1, np.int16)
    for place, label in places:
        labels[place] = label
    voxels = np.flatnonzero(labels >= 0)
    return Marks(voxels, labels.ravel()[voxels])


@pytest.mark.parametrize("axis", range(3))
def test_marks_are_of_one_stroke_up_to_the_reach_and_of_two_beyond_its_double(axis):
    for start in range(1, 9):
        for gap in (1, REACH, 2 * REACH + 1):
            voxels = np.zeros((2, 3), int)
            voxels[:, axis] = start, start + gap
            marks = Marks(np.ravel_multi_index(voxels.T, SHAPE), np.zeros(2))
            assert (np.ptp(strokes_of(marks, SHAPE)) == 0) == (gap <= REACH)


def test_touching_strokes_of_two_classes_are_two():
    marks = painted((np.s_[3, 3:20, 5], 0), (np.s_[3, 3:20, 6], 1))
    assert np.unique(strokes_of(marks, SHAPE)).size == 2


def test_the_ends_of_two_rows_are_no_neighbours():
    marks = painted((np.s_[3, 3, -1], 0), (np.s_[3, 4, 0], 0), (np.s_[15, 0, 0], 0))
    assert np.unique(strokes_of(marks, SHAPE)).size == 3


def test_connected_marks_are_always_together():
    rng = np.random.default_rng(0)
    inside = ndimage.binary_dilation(rng.random(SHAPE) < 0.0005, iterations=2)
    marks = painted((inside, 0))
    strokes = strokes_of(marks, SHAPE)
    pieces = ndimage.label(inside, np.ones((3, 3, 3)))[0].ravel()[marks.voxels]
    assert 2 < np.unique(strokes).size <= pieces.max()
    for piece in range(1, pieces.max() + 1):
        assert np.unique(strokes[pieces == piece]).size == 1


def test_parts_hold_whole_strokes_and_every_class():
    rng = np.random.default_rng(1)
    strokes = rng.integers(0, 12, 300)
    targets = strokes % 3
    parts = parts_by_stroke(strokes, targets, 4)
    for stroke in range(12):
        assert np.unique(parts[strokes == stroke]).size == 1
    for label in range(3):
        assert np.unique(parts[targets == label]).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("method", [None, an.Waterpixels(seed_spacing=4)])
def test_a_session_keeps_strokes_apart_once_each_class_has_two(method):
    """Each stroke has a grey of its own: only its own samples tell its class."""
    image = np.random.default_rng(0).normal(0, 1, (2, 60, 60))
    rows = {5: (0, 20), 20: (1, 60), 35: (0, 100), 50: (1, 140)}
    for row, (_, grey) in rows.items():
        image[:, row - 4 : row + 5] += grey
    with an.Session(an.Volume(image.astype("float32"))) as session:
        session.classes.add("bright")
        session.pipeline = an.Pipeline(
            superpixels=method, features=(an.Identity(),), selection=None
        )
        if method is not None:
            session.generate_superpixels()
        for row, (label, _) in list(rows.items())[:2]:
            session.paint([(row, 5), (row, 55)], index=0, label=label, radius=2)
        session.preview()
        assert not session.accuracy.is_by_strokes
        assert session.accuracy.overall > 0.95
        for row, (label, _) in list(rows.items())[2:]:
            session.paint([(row, 5), (row, 55)], index=0, label=label, radius=2)
        session.preview()
        assert session.accuracy.is_by_strokes
        assert session.accuracy.overall < 0.8


def test_strokes_of_another_image_are_others_and_unknown_ones_are_one_of_each_class():
    def data(targets, strokes):
        rows, weights = np.ones((len(targets), 1), np.float32), np.ones(len(targets))
        labels = np.array(targets, np.int16)
        return TrainingData(an.Pipeline(), ("grey",), rows, labels, weights, strokes=strokes)

    here = data([0, 0, 1], np.array([0, 1, 2]))
    assert here.joined(here).strokes.tolist() == [0, 1, 2, 3, 4, 5]
    assert data([0, 0, 1], None).joined(here).strokes.tolist() == [0, 0, 1, 2, 3, 4]
    nothing = data([], np.empty(0, np.int64))
    assert here.joined(nothing).strokes.tolist() == [0, 1, 2]
