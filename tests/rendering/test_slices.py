from fractions import Fraction
from time import perf_counter

import numpy as np
import pytest

from annotat_nb.rendering import boundaries, overlay, rgba_table, to_grey

INTEGERS = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", ">u2", ">i4"]


def _exact_grey(value, low, high):
    share = (Fraction(int(value)) - low) / (Fraction(high) - low)
    return int(min(max(share, 0), 1) * 255 + Fraction(1, 2))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_stretched_exactly(dtype):
    limits = np.iinfo(dtype)
    span = min(limits.max, 2**31) - max(limits.min, -(2**31))
    rng = np.random.default_rng(0)
    image = (rng.integers(0, span, 500) + max(limits.min, -(2**31))).astype(dtype)
    low, high = int(np.percentile(image, 10)), int(np.percentile(image, 90))
    expected = [_exact_grey(value, low, high) for value in image]
    assert to_grey(image, low, high).tolist() == expected


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
def test_floats_are_stretched_to_the_nearest_grey(dtype):
    image = np.linspace(-1, 2, 999).astype(dtype)
    expected = np.clip(image.astype("f8"), 0.25, 0.75) * 510 - 127.5
    grey = to_grey(image, 0.25, 0.75)
    assert grey.dtype == np.uint8
    assert np.abs(grey - expected).max() <= 0.5 + 1e-4


def test_booleans_are_black_and_white():
    assert to_grey(np.array([False, True]), 0, 1).tolist() == [0, 255]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_what_is_not_finite_is_drawn_as_low(dtype):
    image = np.array([np.nan, np.inf, -np.inf, 1.0], dtype)
    assert to_grey(image, 0, 1).tolist() == [0, 0, 0, 255]


def test_a_closed_window_parts_the_image_in_two():
    assert to_grey(np.array([1.0, 2.0, 3.0]), 2, 2).tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("low", "high"), [(1.0, 1.0 + 2e-15), (0.0, 5e-324), (-3e38, 3e38), (-1e308, 0.7e308)]
)
def test_extreme_windows_put_their_ends_at_black_and_white(low, high):
    assert to_grey(np.array([low, high]), low, high).tolist() == [0, 255]


def test_a_narrow_window_far_from_zero_keeps_its_greys_in_single_precision():
    image = np.float32(1000) + np.arange(5, dtype="f4") * np.float32(2**-10)
    assert to_grey(image, 1000, 1000 + 4 * 2**-10).tolist() == [0, 64, 128, 191, 255]


def test_the_image_itself_is_left_alone():
    image = np.array([[1.0, np.nan]], "f4")
    to_grey(image, 0, 0.5)
    np.testing.assert_array_equal(image, np.array([[1.0, np.nan]], "f4"))


@pytest.mark.parametrize("order", [np.s_[::2, ::3], np.s_[::-1], np.s_[:0]])
def test_views_with_strides_are_stretched_like_copies(order):
    image = np.arange(60, dtype="u2").reshape(6, 10)[order]
    np.testing.assert_array_equal(to_grey(image, 5, 50), to_grey(image.copy(), 5, 50))


@pytest.mark.parametrize("dtype", ["u1", "u2", "i4", "f4", "f8"])
def test_a_slice_of_1024_squared_takes_a_few_milliseconds(dtype):
    image = (np.random.default_rng(0).random((1024, 1024)) * 200).astype(dtype)
    seconds = []
    for _ in range(9):
        start = perf_counter()
        to_grey(image, 3, 150)
        seconds.append(perf_counter() - start)
    # Target 5 ms; the rest is room for a busy machine.
    assert min(seconds) < 0.02


def test_boundaries_are_those_of_a_pixelwise_search():
    ids = np.random.default_rng(1).integers(1, 4, (13, 17))
    padded = np.pad(ids, ((0, 1), (0, 1)), mode="edge")
    expected = [
        [padded[y, x] != padded[y + 1, x] or padded[y, x] != padded[y, x + 1] for x in range(17)]
        for y in range(13)
    ]
    assert boundaries(ids).tolist() == expected


def test_a_border_between_two_halves_is_one_pixel_wide():
    ids = np.ones((6, 8), "u4")
    ids[:, 4:] = 2
    assert boundaries(ids).sum(axis=1).tolist() == [1] * 6


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_boundaries_of_thin_slices_exist(shape):
    assert boundaries(np.arange(np.prod(shape)).reshape(shape)).sum() == np.prod(shape) - 1


def test_an_overlay_mixes_class_colour_and_grey_by_opacity():
    grey = np.array([[100, 200]], np.uint8)
    picture = overlay(grey, np.array([[1, 0]]), rgba_table(["#000000", "#ff0000"], opacity=0.4))
    opacity = 102 / 255
    assert picture.dtype == np.uint8
    expected = [np.rint(100 * (1 - opacity) + 255 * opacity), *[round(100 * (1 - opacity))] * 2]
    assert picture[0, 0].tolist() == expected
    assert picture[0, 1].tolist() == [120, 120, 120]


@pytest.mark.parametrize("label", [-1, 2, 70000])
def test_labels_without_a_colour_leave_the_image_as_it_is(label):
    grey = np.array([[7]], np.uint8)
    picture = overlay(grey, np.array([[label]]), rgba_table(["#ff0000", "#00ff00"]))
    assert picture.tolist() == [[[7, 7, 7]]]


def test_an_overlay_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"shape of the image \(2, 3\), got \(3, 2\)"):
        overlay(np.zeros((2, 3), "u1"), np.zeros((3, 2), "u1"), rgba_table(["#ff0000"]))


@pytest.mark.parametrize("fineness", [2, 3])
def test_fine_boundaries_are_thin_lines_between_the_voxels(fineness):
    ids = np.random.default_rng(0).integers(0, 4, (6, 7))
    coarse, fine = boundaries(ids), boundaries(ids, fineness=fineness)
    assert fine.shape == (6 * fineness, 7 * fineness)
    right = np.zeros_like(coarse)
    right[:, :-1] = ids[:, :-1] != ids[:, 1:]
    below = np.zeros_like(coarse)
    below[:-1] = ids[:-1] != ids[1:]
    cells = fine.reshape(6, fineness, 7, fineness)
    for row, column in np.ndindex(6, 7):
        expected = np.zeros((fineness, fineness), bool)
        expected[:, -1] = right[row, column]
        expected[-1] |= below[row, column]
        np.testing.assert_array_equal(cells[row, :, column], expected)
