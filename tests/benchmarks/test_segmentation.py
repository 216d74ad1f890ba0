"""How long a person waits for a segmentation, and what it takes in memory."""

import time

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.classify import silent
from annotat_nb.classify.superpixelwise import SuperpixelWise
from annotat_nb.kernels.cpu import pooling as kernels

SMALL, LARGE = 96, 256
RADII = {"radii": (1, 2, 4, 8), "ndim": 3}
PIPELINE = an.Pipeline(
    features=(
        an.Identity(),
        an.Gaussian(**RADII),
        an.DifferenceOfGaussians(radii=(1, 2, 4), ndim=3),
        an.Sobel(ndim=3),
        an.Minimum(**RADII),
        an.Maximum(**RADII),
        an.Mean(**RADII),
        an.Variance(**RADII),
        an.Sobel(ndim=2),
        an.Median(radii=(1,), ndim=3),
    ),
    superpixels=an.Waterpixels(seed_spacing=8, ndim=3),
)


def mark(session, truth, count):
    """Paint `count` voxels somewhere, each with its true class."""
    rng = np.random.default_rng(count)
    for z, y, x in zip(*(rng.integers(0, side, count) for side in truth.shape), strict=True):
        session.paint([(y, x)], index=int(z), label=int(truth[z, y, x]), radius=0)


def first_and_next(image, truth):
    """Return what Apply takes at first and after one more stroke, and the share that is right."""
    with an.Session(an.Volume(image)) as session:
        session.pipeline = PIPELINE
        for name in ("two", "three", "four"):
            session.classes.add(name)
        mark(session, truth, 500)
        begun = time.perf_counter()
        session.generate_superpixels()
        session.apply()
        first = time.perf_counter() - begun
        mark(session, truth, 1)
        begun = time.perf_counter()
        session.apply()
        following = time.perf_counter() - begun
        return first, following, (session.segmentation.data == truth).mean()


@pytest.mark.parametrize(
    ("side", "first_limit", "next_limit", "bytes_limit"),
    [(SMALL, 15, 4, 400), pytest.param(LARGE, 8, 1, 40, marks=pytest.mark.bench)],
)
def test_first_segmentation_and_the_next_stroke(
    tomogram, peak_memory, side, first_limit, next_limit, bytes_limit
):
    assert sum(len(feature.channels()) for feature in PIPELINE.features) == 27
    image, truth = tomogram(side)
    first_and_next(image[:64], truth[:64])  # kernels are compiled, packages imported
    runs, used = [], []
    for _ in range(5 if side == LARGE else 1):
        with peak_memory() as peak:
            runs.append(first_and_next(image, truth))
        used.append(peak.bytes)
    (firsts, nexts, shares), per_voxel = zip(*runs, strict=True), max(used) / image.size
    print(
        f"\n{side}³: first {np.median(firsts):.2f} s, next {np.median(nexts):.2f} s, "
        f"{per_voxel:.0f} bytes a voxel, {shares[0]:.1%} right"
    )
    assert np.median(firsts) <= first_limit
    assert np.median(nexts) <= next_limit
    assert per_voxel <= bytes_limit
    assert shares[0] > 0.8


def seconds_a_voxel(image):
    """Return what superpixels and features take, the median of some runs."""
    volume = an.Volume(image)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        superpixels = PIPELINE.superpixels(volume.data, intensity_range=volume.measure_range())
        SuperpixelWise(volume, superpixels).prepare(PIPELINE, silent)
        times.append(time.perf_counter() - begun)
    return np.median(times) / image.size


@pytest.mark.parametrize(
    ("small", "large", "limit"),
    [
        (64, 128, 2),
        pytest.param(128, 384, 1.2, marks=[pytest.mark.bench, pytest.mark.timeout(900)]),
    ],
)
def test_time_grows_as_the_voxels_do(tomogram, small, large, limit):
    seconds_a_voxel(tomogram(small)[0])  # kernels are compiled, packages imported
    few, many = (seconds_a_voxel(tomogram(side)[0]) for side in (small, large))
    print(f"\n{small}³: {1e9 * few:.0f} ns a voxel, {large}³: {1e9 * many:.0f} ns")
    assert many / few <= limit


@pytest.mark.parametrize(
    ("side", "floor"), [(SMALL, 0.3), pytest.param(LARGE, 3, marks=pytest.mark.bench)]
)
def test_pooling_three_statistics_against_the_mean_alone_of_numpy(compare, side, floor):
    cells = np.arange(side) // 7
    count = len(np.unique(cells))
    slots = (cells[:, None, None] * count + cells[:, None]) * count + cells
    slots, superpixels = slots.astype("int32"), count**3
    values = np.random.default_rng(0).random(slots.shape, dtype="float32")
    found = compare(
        lambda: np.bincount(slots.ravel(), values.ravel(), superpixels),
        lambda: kernels.pool(values, slots, superpixels),
        least=floor,
        runs=7,
    )
    print(
        f"\n{side}³, {superpixels} superpixels: {1000 * found.seconds:.1f} ms, {found.times:.1f} ×"
    )
    assert found.times >= floor
