"""How much faster features are than the same by scipy: ratios of one run, their median."""

import time

import numpy as np
import pytest
from scipy import ndimage

import annotat_nb as an
from annotat_nb.blocks import whole
from annotat_nb.features import Source, stream
from annotat_nb.kernels.cpu.filters import gaussian

RADII = (1, 2, 4, 8)
EVERY = {"radii": RADII, "ndim": 3}
FEATURES = (
    an.Gaussian(**EVERY),
    *(an.Sobel(ndim=2), an.Sobel(ndim=3), an.GradientMagnitude(radii=(1,), ndim=3)),
    *(an.Minimum(**EVERY), an.Maximum(**EVERY), an.Mean(**EVERY), an.Variance(**EVERY)),
)


def slopes(image, kernel, across, axes):
    for along in axes:
        slope = image
        for axis in axes:
            slope = ndimage.correlate1d(slope, kernel if axis == along else across, axis)
        yield slope


def length(image, kernel, across, axes):
    return np.sqrt(sum(slope**2 for slope in slopes(image, kernel, across, axes)))


def by_scipy(image):
    """Yield what `FEATURES` give; the mean serves the variance too."""
    smooth = [ndimage.gaussian_filter(image, sigma) for sigma in RADII]
    yield from smooth
    yield length(image, (-1, 0, 1), (1, 2, 1), (1, 2))
    yield length(image, (-1, 0, 1), (1, 2, 1), (0, 1, 2))
    yield length(smooth[0], (-0.5, 0, 0.5), (1,), (0, 1, 2))
    yield from (ndimage.minimum_filter(image, 2 * r + 1) for r in RADII)
    yield from (ndimage.maximum_filter(image, 2 * r + 1) for r in RADII)
    means = [ndimage.uniform_filter(image, 2 * r + 1) for r in RADII]
    yield from means
    for radius, mean in zip(RADII, means, strict=True):
        yield ndimage.uniform_filter(image * image, 2 * radius + 1) - mean**2


def channels(image):
    for _, own in stream(FEATURES, Source(image)):
        yield from own
        del own  # as who uses them does: the next ones lie where these were


def full(*values):
    return pytest.param(*values, marks=[pytest.mark.bench, pytest.mark.timeout(1800)])


def test_they_compute_the_same(tomogram):
    image = tomogram(40)[0].astype("float32")
    assert sum(len(feature.channels()) for feature in FEATURES) == 23
    for mine, theirs in zip(channels(image), by_scipy(image), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5 * theirs.max())


# Small runs count processor seconds, which other work on the machine disturbs least.
@pytest.mark.parametrize(
    ("side", "runs", "clock", "least"),
    [(64, 3, time.process_time, 2), full(128, 5, time.perf_counter, 10)],
)
def test_23_features(tomogram, compare, side, runs, clock, least):
    image = tomogram(side)[0].astype("float32")

    def ours():
        for _ in channels(image):
            pass

    def theirs():
        for _ in by_scipy(image):
            pass

    found = compare(theirs, ours, runs=runs, clock=clock, least=least)
    print(f"23 features of {side}³: {found.seconds:.2f} s, {found.times:.1f} × scipy")
    assert found.times >= least


@pytest.mark.parametrize(
    ("side", "runs", "least"),
    [(64, 3, 1.5), full(256, 5, 3)],
)
@pytest.mark.parametrize("sigma", RADII)
def test_gaussian(tomogram, compare, sigma, side, runs, least):
    image = tomogram(side)[0].astype("float32")
    found = compare(
        lambda: ndimage.gaussian_filter(image, sigma),
        lambda: gaussian(image, sigma, 3, whole(image.shape)),
        runs=runs,
        clock=time.process_time,
        least=least,
    )
    print(
        f"Gaussian, sigma {sigma}, of {side}³: {found.seconds:.2f} processor seconds, "
        f"{found.times:.1f} × scipy"
    )
    assert found.times >= least


@pytest.mark.parametrize(
    ("radius", "side", "runs", "clock", "least"),
    [
        *((2, 40, 3, time.process_time, 8), (4, 32, 3, time.process_time, 30)),
        *(full(2, 128, 5, time.perf_counter, 20), full(4, 128, 5, time.perf_counter, 100)),
    ],
)
def test_median_of_8_bits(tomogram, compare, radius, side, runs, clock, least):
    image, feature = tomogram(side)[0], an.Median(radii=(radius,), ndim=3)
    found = compare(
        lambda: ndimage.median_filter(image, 2 * radius + 1),
        lambda: feature.compute(Source(image)),
        runs=runs,
        clock=clock,
        least=least,
    )
    print(f"median, radius {radius}, of {side}³: {found.seconds:.2f} s, {found.times:.1f} × scipy")
    assert found.times >= least
