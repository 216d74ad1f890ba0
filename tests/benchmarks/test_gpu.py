"""How fast a graphics card computes the features of superpixels."""

import time

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.classify import silent
from annotat_nb.classify.device import Device
from annotat_nb.classify.grouping import superpixels_of
from annotat_nb.classify.superpixelwise import SuperpixelWise

RADII = {"radii": (1, 2, 4, 8), "ndim": 3}
FEATURES = (
    *(an.Identity(), an.Gaussian(**RADII), an.DifferenceOfGaussians(radii=(1, 2, 4), ndim=3)),
    *(an.Sobel(ndim=2), an.Sobel(ndim=3), an.Median(radii=(1,), ndim=3)),
    *(an.Minimum(**RADII), an.Maximum(**RADII), an.Mean(**RADII), an.Variance(**RADII)),
)
SUPERPIXELS = an.Waterpixels(seed_spacing=8, ndim=3)
POOLING = ("mean", "min", "max")


def grains(side):
    """Return grains of two phases with noise, 8 bit."""
    rng = np.random.default_rng(0)
    bright = rng.random((side // 16,) * 3) < 0.5
    for axis in range(3):
        bright = bright.repeat(16, axis)
    noise = rng.normal(0, 15, (32, 32, 32)).astype("float32")
    return (80 + 80 * bright + np.tile(noise, (side // 32,) * 3)).clip(0, 255).astype("uint8")


def run(image, device):
    """Return the seconds of each step, what pools the features, and its device."""
    volume, seconds, begun = an.Volume(image), [], time.perf_counter()
    steps = []
    ids = superpixels_of(volume, SUPERPIXELS, device=device)
    seconds.append(time.perf_counter() - begun)
    samples = SuperpixelWise(volume, ids)
    samples.device = Device(device)
    pipeline = an.Pipeline(features=FEATURES, superpixels=SUPERPIXELS, pooling=POOLING)
    samples.prepare(pipeline, lambda *step: steps.append(step))
    seconds.append(time.perf_counter() - begun - seconds[0])
    assert steps[-1][1] == 1
    return seconds, samples


def report(side, runs):
    """Print the fastest run, and return how many million voxels a second it did."""
    pixels, features = min(runs, key=sum)
    rate = side**3 / (pixels + features) / 1e6
    print(
        f"\n{side}³: superpixels {pixels:.2f} s, 27 features and pooling {features:.2f} s, "
        f"{rate:.1f} million voxels a second"
    )
    return rate


def test_all_of_it_runs_on_a_card(card):
    """The benchmark itself, tiny, where torch on the processor plays the card."""
    assert sum(len(feature.channels()) for feature in FEATURES) == 27
    image = grains(32)
    seconds, samples = run(image, "cuda:0")
    assert card.calls > 27
    assert samples.device.notice == ""
    expected = run(image, "cpu")[1]
    ids, pipeline = np.arange(1, 65), an.Pipeline(features=FEATURES, pooling=POOLING)
    found, rows = (of.rows(FEATURES, pipeline, ids, silent) for of in (samples, expected))
    np.testing.assert_allclose(found, rows, rtol=1e-5, atol=1e-3)
    assert report(32, [seconds]) > 0


@pytest.mark.bench
@pytest.mark.gpu
@pytest.mark.timeout(1200)
def test_512_voxels_cubed_at_50_million_voxels_a_second():
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no graphics card")
    print(f"\n{torch.cuda.get_device_name()}")
    run(grains(64), "cuda:0")  # kernels are compiled, packages imported
    image = grains(512)
    runs = []
    for _ in range(5):
        seconds, samples = run(image, "cuda:0")
        assert (samples.device.name, samples.device.notice) == ("cuda:0", "")
        runs.append(seconds)
    assert report(512, runs) >= 50
