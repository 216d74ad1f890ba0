import numpy as np
import pytest

from annotat_nb.classify.windows import compute, plan_windows, read_finite
from annotat_nb.features import Gaussian, Identity, Mean
from annotat_nb.volume import Volume

RNG = np.random.default_rng(0)
STARTS = RNG.integers(0, 40, (60, 3))
STOPS = STARTS + RNG.integers(1, 30, (60, 3))


@pytest.mark.parametrize("tile", [(1, 16, 16), (8, 5, 64), (100, 100, 100)])
def test_windows_cover_every_region_exactly_once(tile):
    seen = np.zeros((len(STARTS), 70, 70, 70), np.uint8)
    for window in plan_windows(STARTS, STOPS, tile):
        for member in window.members:
            seen[member][window.box] += 1
    for member, (start, stop) in enumerate(zip(STARTS, STOPS, strict=True)):
        inside = tuple(slice(a, b) for a, b in zip(start, stop, strict=True))
        assert (seen[member][inside] == 1).all()


@pytest.mark.parametrize("tile", [(1, 16, 16), (8, 5, 64)])
def test_windows_stay_within_their_tile_and_hold_no_more_than_their_regions(tile):
    boxes = []
    for window in plan_windows(STARTS, STOPS, tile):
        low = np.array([side.start for side in window.box])
        high = np.array([side.stop for side in window.box])
        np.testing.assert_array_equal(low // tile, (high - 1) // tile)
        assert (low >= STARTS[window.members].min(axis=0)).all()
        assert (high <= STOPS[window.members].max(axis=0)).all()
        boxes.append(tuple(low // tile))
    assert len(set(boxes)) == len(boxes)


def test_no_region_needs_no_window():
    nothing = np.empty((0, 3), int)
    assert list(plan_windows(nothing, nothing, (1, 2, 3))) == []


@pytest.mark.parametrize("feature", [Gaussian(radii=(1, 3), ndim=3), Mean(radii=(2,))])
def test_a_feature_in_a_box_is_that_of_the_whole_volume(feature):
    volume = Volume(RNG.random((20, 33, 30)))
    box = (slice(4, 9), slice(0, 12), slice(17, 30))
    expected = feature(volume.data)[(slice(None), *box)]
    computed = dict(compute([Identity(), feature], volume, box))
    np.testing.assert_array_equal(computed[feature], expected)


def test_nan_counts_as_the_minimum_of_the_whole_volume_not_of_the_box():
    image = RNG.random((4, 6, 6)) + 5
    image[3, 3, 3], image[0, 1, 1] = -2, np.nan
    assert read_finite(Volume(image), (slice(0, 1), slice(0, 3), slice(0, 3)))[0, 1, 1] == -2
