"""A small noisy volume of two classes, with superpixels and marks."""

import numpy as np
import pytest
from scipy import ndimage

from annotat_nb.classify import Marks, Segmenter, windows
from annotat_nb.superpixels import Waterpixels
from annotat_nb.volume import Volume

SHAPE = (8, 45, 50)


@pytest.fixture(scope="session")
def truth():
    noise = np.random.default_rng(2).normal(0, 1, SHAPE)
    return ndimage.gaussian_filter(noise, (1, 4, 4)) > 0


@pytest.fixture(scope="session")
def volume(truth):
    noise = np.random.default_rng(3).normal(0, 12, SHAPE)
    return Volume(np.clip(np.where(truth, 150, 80) + noise, 0, 255).astype("uint8"))


@pytest.fixture(scope="session")
def superpixels(volume):
    return Waterpixels(seed_spacing=6)(volume.data)


@pytest.fixture(scope="session")
def mark(truth):
    """Return what marks a few rows of the slices it is given with their true class."""

    def draw(*slices):
        drawn = np.full(SHAPE, -1, np.int16)
        for z in slices:
            drawn[z, 10:40:12] = truth[z, 10:40:12]
        voxels = np.flatnonzero(drawn.ravel() >= 0)
        return Marks(voxels, drawn.ravel()[voxels])

    return draw


@pytest.fixture(scope="session")
def marks(mark):
    return mark(1, 5)


@pytest.fixture(params=["superpixels", "voxels"])
def segmenter(request, volume, superpixels):
    return Segmenter(volume, superpixels if request.param == "superpixels" else None)


@pytest.fixture
def calls(monkeypatch):
    """Return a list of (feature, box) that grows with every computation."""
    seen = []
    original = windows.compute

    def counting(features, volume, box, device):
        for feature, channels in original(features, volume, box, device):
            seen.append((feature, box))
            yield feature, channels

    monkeypatch.setattr("annotat_nb.classify.device.compute", counting)
    return seen
