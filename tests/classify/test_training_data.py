"""What a classifier learns from besides the marks of the image at hand."""

import numpy as np
import pytest

from annotat_nb.classify import Marks, Pipeline, RandomForest, Segmenter, TrainingError
from annotat_nb.features import Gaussian, Identity
from annotat_nb.volume import Volume

FAST = Pipeline(
    features=(Identity(), Gaussian(radii=(1, 2))),
    selection=None,
    classifier=RandomForest(n_estimators=20),
)
NONE = Marks([], [])


def test_what_was_collected_trains_as_the_marks_do(segmenter, marks):
    data = segmenter.collect(FAST, marks)
    expected = segmenter.segment(FAST, marks)[1]
    found = segmenter.segment(FAST, NONE, stored=data)[1]
    np.testing.assert_array_equal(found.labels, expected.labels)


def test_stored_voxels_count_like_those_marked_here(volume, mark):
    segmenter = Segmenter(volume)
    stored = segmenter.collect(FAST, mark(1))
    found = segmenter.segment(FAST, mark(5), stored=stored)[1]
    expected = segmenter.segment(FAST, mark(1, 5))[1]
    np.testing.assert_array_equal(found.labels, expected.labels)


def test_one_class_here_and_one_stored_suffice(segmenter, marks):
    halves = [
        Marks(marks.voxels[marks.labels == n], marks.labels[marks.labels == n]) for n in (0, 1)
    ]
    stored = segmenter.collect(FAST, halves[0])
    assert segmenter.fit(FAST, halves[1], stored=stored).classes.tolist() == [0, 1]
    with pytest.raises(TrainingError, match="only class 0 is marked"):
        segmenter.fit(FAST, halves[0], stored=stored)


def test_nothing_marked_is_nothing_collected(segmenter):
    data = segmenter.collect(FAST, NONE)
    assert (len(data), data.classes, data.rows.shape) == (0, (), (0, len(data.names)))


def test_samples_weigh_one_on_average(segmenter, marks):
    data = segmenter.collect(FAST, marks)
    assert data.weights.mean() == pytest.approx(1)
    assert data.joined(data).weights.mean() == pytest.approx(1)


def test_other_features_are_refused_with_both_lists(segmenter, marks):
    stored = segmenter.collect(FAST, marks)
    other = FAST.model_copy(update={"features": (Gaussian(radii=(1,)),)})
    with pytest.raises(TrainingError) as caught:
        segmenter.fit(other, marks, stored=stored)
    for name in (*stored.names, *segmenter.collect(other, NONE).names):
        assert name in str(caught.value)


def test_marks_on_nothing_finite_are_a_sentence():
    segmenter = Segmenter(Volume(np.full((2, 3, 3), np.nan)))
    with pytest.raises(TrainingError, match="No marked voxel has a finite value"):
        segmenter.collect(FAST, Marks([1, 2], [0, 1]))
