import numpy as np
import pytest

from annotat_nb.metrics import achievable_accuracy, boundary_recall
from annotat_nb.superpixels import Waterpixels

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, (4, 9, 8))
IDS = RNG.integers(1, 9, (4, 9, 8))


def recall_by_hand(superpixels, labels, tolerance, ndim):
    """Look at every voxel."""

    def is_boundary(values, place):
        steps = [(0, 0, 1), (0, 1, 0), (1, 0, 0)][:ndim]
        near = [np.add(place, np.multiply(step, way)) for step in steps for way in (-1, 1)]
        inside = [tuple(at) for at in near if (at >= 0).all() and (at < values.shape).all()]
        return any(values[at] != values[place] for at in inside)

    wanted = [place for place in np.ndindex(labels.shape) if is_boundary(labels, place)]
    hits = 0
    for place in wanted:
        box = [slice(max(0, at - tolerance), at + tolerance + 1) for at in place]
        if ndim == 2:
            box[0] = slice(place[0], place[0] + 1)
        corner = [side.start for side in box]
        around = np.argwhere(superpixels[tuple(box)] >= 0) + corner
        hits += any(is_boundary(superpixels, tuple(at)) for at in around)
    return hits / len(wanted)


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("tolerance", [0, 1, 2])
def test_boundary_recall_is_what_looking_at_every_voxel_gives(tolerance, ndim):
    coarse = np.repeat(np.repeat(IDS[:, ::4, ::4], 4, axis=1), 4, axis=2)[:, :9, :8]
    found = boundary_recall(coarse, LABELS, tolerance, ndim=ndim)
    assert found == pytest.approx(recall_by_hand(coarse, LABELS, tolerance, ndim))
    assert 0 < found < 1 or tolerance > 0


def test_the_achievable_accuracy_is_that_of_the_best_labels():
    right = sum(np.unique(LABELS[id_ == IDS], return_counts=True)[1].max() for id_ in range(1, 9))
    assert achievable_accuracy(IDS, LABELS) == right / LABELS.size
    assert achievable_accuracy(np.arange(LABELS.size).reshape(LABELS.shape), LABELS) == 1


def test_labels_may_be_any_integers():
    assert achievable_accuracy(IDS, 1000 * LABELS - 7) == achievable_accuracy(IDS, LABELS)


def test_one_slice_is_as_good_as_a_volume_of_one():
    assert boundary_recall(IDS[0], LABELS[0]) == boundary_recall(IDS[:1], LABELS[:1])
    assert achievable_accuracy(IDS[0], LABELS[0]) == achievable_accuracy(IDS[:1], LABELS[:1])


def test_labels_without_boundary_are_met():
    assert boundary_recall(IDS, np.zeros_like(LABELS)) == 1


@pytest.mark.parametrize("measure", [boundary_recall, achievable_accuracy])
def test_shapes_must_agree(measure):
    with pytest.raises(ValueError, match=r"one shape, got \(4, 9, 8\) and \(9, 8\)"):
        measure(IDS, LABELS[0])


def test_more_compactness_costs_recall(shared_data):
    import tifffile

    folder = shared_data / "em_isbi2012"
    image = tifffile.imread(folder / "train-volume.tif", key=range(2))
    labels = tifffile.imread(folder / "train-labels.tif", key=range(2))
    recalls = [
        boundary_recall(Waterpixels(compactness=compactness)(image), labels, ndim=2)
        for compactness in (1, 100, 10_000)
    ]
    assert recalls[0] > recalls[1] > recalls[2]
