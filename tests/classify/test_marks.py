import numpy as np
import pytest

from annotat_nb.classify.marks import Marks, TrainingError, check_trainable, majority
from annotat_nb.volume import Volume


def test_majority_is_the_most_frequent_label_and_the_smallest_among_equals():
    rng = np.random.default_rng(0)
    ids, labels = rng.integers(1, 50, 400), rng.integers(0, 4, 400)
    found, winners, counts = majority(ids, labels)
    np.testing.assert_array_equal(found, np.unique(ids))
    expected = [np.bincount(labels[ids == i]).argmax() for i in found]
    np.testing.assert_array_equal(winners, expected)
    np.testing.assert_array_equal(counts, [np.bincount(labels[ids == i]).max() for i in found])


def test_marks_cannot_be_changed():
    source = np.array([3, 4])
    marks = Marks(source, [0, 1])
    source[0] = 9
    assert marks.voxels.tolist() == [3, 4]
    with pytest.raises(ValueError, match="read-only"):
        marks.labels[0] = 1


def test_marks_need_one_label_each():
    with pytest.raises(ValueError, match="got 2 voxels and 1 labels"):
        Marks([1, 2], [0])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_marks_on_what_is_not_finite_are_left_out(value):
    image = np.zeros((3, 4, 5), "float32")
    image[1, 2, 3] = image[2, 0, 0] = value
    bad = np.ravel_multi_index(([1, 2], [2, 0], [3, 0]), image.shape)
    marks = Marks([0, bad[0], 34, bad[1]], [0, 1, 2, 3]).where_finite(Volume(image))
    assert (marks.voxels.tolist(), marks.labels.tolist()) == ([0, 34], [0, 2])


def test_fewer_than_two_classes_do_not_suffice():
    with pytest.raises(TrainingError, match="nothing is marked yet"):
        check_trainable(np.array([], int), "")
    with pytest.raises(TrainingError, match="two classes: only class 4 is marked") as caught:
        check_trainable(np.array([4, 4]), "only class {} is marked")
    assert caught.value.classes == (4,)
    check_trainable(np.array([4, 5]), "")
