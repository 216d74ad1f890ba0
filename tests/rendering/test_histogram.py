import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from annotat_nb.rendering import auto_window, histogram, label_histogram

SAMPLES = arrays.arrays(
    st.sampled_from(["u1", "i2", "u2", "f2", "f4", "f8", "?"]).map(np.dtype),
    arrays.array_shapes(max_dims=3, max_side=6),
)


@given(SAMPLES)
@example(np.array([1.7976931348623157e308]))
@example(np.array([-1.7e308, 1.7e308]))
def test_every_finite_value_is_counted_once(sample):
    counts, edges = histogram(sample)
    assert counts.sum() == np.isfinite(sample).sum()
    assert len(edges) == len(counts) + 1 <= 65
    assert (np.diff(edges) > 0).all()


@given(SAMPLES)
@example(np.array([1.7976931348623157e308]))
@example(np.array([-1.7e308, 1.7e308]))
def test_an_automatic_window_is_always_open_and_finite(sample):
    low, high = auto_window(sample)
    assert low < high
    assert np.isfinite([low, high]).all()


def test_floats_are_counted_as_numpy_counts_them():
    sample = np.random.default_rng(0).normal(size=(20, 30)).astype("f4")
    expected = np.histogram(sample.astype("f8"), 64)
    for ours, numpys in zip(histogram(sample), expected, strict=True):
        np.testing.assert_allclose(ours, numpys)


def test_integers_fall_into_bins_of_equally_many_values():
    counts, edges = histogram(np.arange(256, dtype="u1"))
    assert counts.tolist() == [4] * 64
    assert edges[[0, 1, -1]].tolist() == [-0.5, 3.5, 255.5]


def test_a_flat_distribution_of_100_values_shows_no_comb():
    counts, _ = histogram(np.arange(100), bins=64)
    assert set(counts.tolist()) == {2}


def test_values_that_are_not_finite_do_not_spoil_the_range():
    _, edges = histogram(np.array([np.nan, -np.inf, 1.0, 3.0, np.inf]))
    assert edges[[0, -1]].tolist() == [1, 3]


def test_a_sample_without_values_is_an_empty_histogram():
    counts, edges = histogram(np.array([np.nan]))
    assert (counts.tolist(), edges.tolist()) == ([0], [0, 1])


def test_the_window_leaves_half_a_percent_out_at_both_ends():
    sample = np.random.default_rng(0).normal(size=100_000)
    assert auto_window(sample) == pytest.approx(np.percentile(sample, [0.5, 99.5]))


def test_a_few_hot_pixels_do_not_darken_the_image():
    sample = np.random.default_rng(0).uniform(0, 1, 10_000)
    sample[:20] = 1e6
    assert auto_window(sample)[1] < 1.1


def test_a_nearly_empty_image_still_gets_contrast():
    sample = np.zeros(10_000)
    sample[:10] = 5
    assert auto_window(sample) == (0, 5)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e20, 6e4])
def test_a_constant_lies_in_the_middle_of_its_window(value):
    low, high = auto_window(np.full(10, value))
    assert low < value < high


def test_labels_are_counted_by_class():
    labels = np.random.default_rng(0).integers(-1, 6, (4, 5, 6))
    expected = [int((labels == n).sum()) for n in range(4)]
    assert label_histogram(labels, 4).tolist() == expected
