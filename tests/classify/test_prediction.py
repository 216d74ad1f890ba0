import numpy as np
import pytest

from annotat_nb.classify.prediction import (
    Probabilities,
    SuperpixelProbabilities,
    label_type,
    uncertainty_of,
)
from annotat_nb.classify.regions import Regions
from annotat_nb.classify.tables import FewRows

DENSE = np.random.default_rng(0).random((3, 4, 5, 6)).astype("float32")
LAZY = Probabilities(DENSE.shape, lambda box: DENSE[(slice(None), *box)])
PLACES = [
    np.s_[...],
    np.s_[1],
    np.s_[:, 2],
    np.s_[:, 1, 2, 3],
    np.s_[-1, -1, -1, -1],
    np.s_[..., 2],
    np.s_[:, ..., 1:4],
    np.s_[1:, ::2, 1:5:3, -3:],
    np.s_[:, 2:2],
    np.s_[0, np.int64(3), :, 1],
    np.s_[:, ::-1, 3:0:-2],
]


@pytest.mark.parametrize("place", PLACES, ids=repr)
def test_probabilities_read_like_an_array(place):
    np.testing.assert_array_equal(LAZY[place], DENSE[place])


def test_probabilities_become_an_array():
    np.testing.assert_array_equal(np.asarray(LAZY), DENSE)
    assert (len(LAZY), LAZY.ndim, LAZY.dtype) == (3, 4, DENSE.dtype)


@pytest.mark.parametrize("place", [np.s_[0, 4], np.s_[0, 0, 0, 0, 0]])
def test_places_outside_are_refused(place):
    with pytest.raises(IndexError):
        LAZY[place]


def test_it_cannot_be_viewed():
    with pytest.raises(ValueError, match="cannot be viewed"):
        np.array(LAZY, copy=False)


def test_only_what_is_looked_at_is_read():
    boxes = []
    lazy = Probabilities(DENSE.shape, lambda box: boxes.append(box) or DENSE[(slice(None), *box)])
    lazy[:, 1, 2, 3]
    assert boxes == [(slice(1, 2), slice(2, 3), slice(3, 4))]


def test_superpixels_look_their_probabilities_up():
    labels = np.array([[[1, 5, 6], [5, 5, 7]], [[1, 1, 1], [1, 1, 1]]], "uint32")
    table = np.array([[0.1, 0.9], [0.4, 0.6]], "float32")
    few = FewRows(np.array([5, 7]), table)
    found = SuperpixelProbabilities(Regions(labels, labels.shape), few)[0, 0]
    np.testing.assert_array_equal(
        found, np.array([[np.nan, 0.1, np.nan], [0.1, 0.1, 0.4]], "float32")
    )


def margin(shares):
    """The definition, voxel by voxel."""
    first, second = sorted(shares.tolist(), reverse=True)[:2]
    return 1 - (first - second)


def test_uncertainty_is_one_minus_the_margin_of_the_two_best_classes():
    expected = np.apply_along_axis(margin, 0, DENSE)
    np.testing.assert_allclose(LAZY.uncertainty[...], expected, atol=1e-6)
    assert (LAZY.uncertainty.shape, LAZY.uncertainty.dtype) == ((4, 5, 6), np.float32)
    np.testing.assert_allclose(LAZY.uncertainty[2, ::2, 1], expected[2, ::2, 1], atol=1e-6)


def test_a_tie_is_1_a_certainty_0_and_what_was_not_classified_nan():
    shares = np.array([[0.5, 1, np.nan, 0.4], [0.5, 0, np.nan, 0.4], [0, 0, np.nan, 0.2]])
    np.testing.assert_allclose(uncertainty_of(shares), [1, 0, np.nan, 1])


def test_superpixels_look_their_uncertainty_up():
    labels = np.random.default_rng(1).integers(1, 9, (3, 5, 6)).astype("uint32")
    ids, table = np.array([2, 3, 7]), np.random.default_rng(2).dirichlet(np.ones(3), 3)
    few = FewRows(ids, table.astype("f4"))
    found = SuperpixelProbabilities(Regions(labels, labels.shape), few)
    assert found.is_stored
    np.testing.assert_allclose(found.uncertainty[1], uncertainty_of(found[:, 1]), atol=1e-6)
    assert np.isnan(found.uncertainty[...][labels == 1]).all()


def test_labels_take_the_smallest_type():
    assert label_type(np.array([0, 255])) == np.uint8
    assert label_type(np.array([0, 256])) == np.uint16
