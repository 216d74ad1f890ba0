"""What is remembered, and what is not computed again."""

import numpy as np
import pytest

from annotat_nb.classify import FeatureSelection, LinearSvm, Pipeline, RandomForest, Segmenter
from annotat_nb.classify.tables import DenseTable, SparseTable
from annotat_nb.features import Gaussian, Identity, Maximum, Sobel
from annotat_nb.room import Room

FEATURES = (Identity(), Gaussian(radii=(1, 2)), Sobel())
FAST = Pipeline(features=FEATURES, selection=None, classifier=RandomForest(n_estimators=20))


@pytest.mark.parametrize("table", [DenseTable(Room(), 12, 2), SparseTable.empty(2)], ids=type)
def test_a_table_keeps_its_samples_in_order(table):
    for samples in ([5, 9], [2, 7], []):
        new = np.array(samples, np.int64)
        table.extend(new, np.stack([new, 10 * new], axis=1).astype("float32"))
    np.testing.assert_array_equal(table.take(np.array([2, 9])), [[2, 20], [9, 90]])
    np.testing.assert_array_equal(table.missing(np.array([1, 2, 7, 8])), [1, 8])


def test_nothing_is_computed_twice(segmenter, marks, calls):
    segmenter.fit(FAST, marks)
    computed = len(calls)
    assert computed
    again = FAST.model_copy(update={"classifier": LinearSvm(), "seed": 5})
    segmenter.fit(again, marks)
    segmenter.fit(FAST.model_copy(update={"selection": FeatureSelection()}), marks)
    assert len(calls) == computed


def test_a_new_feature_leaves_the_others_alone(segmenter, marks, calls):
    segmenter.fit(FAST, marks)
    calls.clear()
    more = (*FEATURES, Maximum(radii=(2,)))
    segmenter.fit(FAST.model_copy(update={"features": more}), marks)
    assert {feature for feature, _ in calls} == {Maximum(radii=(2,))}


def test_changed_radii_recompute_that_feature_only(segmenter, marks, calls):
    segmenter.fit(FAST, marks)
    calls.clear()
    changed = (Identity(), Gaussian(radii=(1, 4)), Sobel())
    segmenter.fit(FAST.model_copy(update={"features": changed}), marks)
    assert {feature for feature, _ in calls} == {Gaussian(radii=(1, 4))}


def test_a_pooling_that_is_left_out_recomputes_nothing(volume, superpixels, marks, calls):
    segmenter = Segmenter(volume, superpixels)
    segmenter.fit(FAST.model_copy(update={"pooling": ("mean", "max")}), marks)
    calls.clear()
    segmenter.fit(FAST.model_copy(update={"pooling": ("max",)}), marks)
    assert not calls


def test_new_strokes_compute_only_where_they_are(segmenter, mark, calls):
    segmenter.fit(FAST, mark(1))
    calls.clear()
    segmenter.fit(FAST, mark(1, 6))
    assert {(box[0].start, box[0].stop) for _, box in calls} == {(6, 7)}


def test_strokes_after_apply_compute_nothing(volume, superpixels, mark, calls):
    segmenter = Segmenter(volume, superpixels)
    segmenter.segment(FAST, mark(1))
    calls.clear()
    segmenter.segment(FAST, mark(1, 6))
    assert not calls


def test_features_that_are_not_kept_are_not_computed(segmenter, marks, calls):
    selection = FeatureSelection(threshold=0.3)
    model = segmenter.fit(FAST.model_copy(update={"selection": selection}), marks)
    assert len(model.kept) < len(model.names)
    used = {f for f in FEATURES if any(name.startswith(f.title) for name in model.kept)}
    calls.clear()
    segmenter.predict(model)
    assert {feature for feature, _ in calls} == used != set(FEATURES)


def test_preview_computes_no_more_than_its_neighbourhood(segmenter, marks, calls):
    model = segmenter.fit(FAST, marks)
    calls.clear()
    segmenter.predict(model, box=(slice(3, 4), slice(None), slice(None)))
    assert {(box[0].start, box[0].stop) for _, box in calls} == {(3, 4)}
