"""The shipped tomogram, segmented from eight short strokes."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

import annotat_nb
from annotat_nb.classify import Marks, Pipeline, Segmenter
from annotat_nb.superpixels import Waterpixels
from annotat_nb.volume import Volume

BONE = 63
"""Grey values above this are bone."""


@pytest.fixture(scope="module")
def image():
    path = Path(annotat_nb.__file__).parent / "data" / "trabecular_bone.tif"
    return tifffile.imread(path)[:24]


def strokes(image, seed):
    """Mark eight disks of radius 4 in two slices, on voxels that are clearly of their class."""
    rng = np.random.default_rng(seed)
    drawn = np.full(image.shape, -1, np.int16)
    y, x = np.ogrid[: image.shape[1], : image.shape[2]]
    for z in (5, 18):
        for label, clear in ((0, image[z] < 50), (1, image[z] > 80)) * 2:
            centre = rng.choice(np.argwhere(clear))
            disk = (y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= 16
            drawn[z][disk & clear] = label
    voxels = np.flatnonzero(drawn.ravel() >= 0)
    return Marks(voxels, drawn.ravel()[voxels])


def dice(one, other):
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def test_voxels_agree_with_the_reference(image):
    pipeline = Pipeline(superpixels=None)
    _, prediction = Segmenter(Volume(image)).segment(pipeline, strokes(image, seed=0))
    assert dice(prediction.labels == 1, image > BONE) >= 0.95


def test_superpixels_reach_most_of_what_they_can(image):
    superpixels = Waterpixels()(image)
    counts = np.bincount(superpixels.ravel(), image.ravel() > BONE)
    best = (2 * counts > np.bincount(superpixels.ravel()))[superpixels]
    segmenter = Segmenter(Volume(image), superpixels)
    _, prediction = segmenter.segment(Pipeline(), strokes(image, seed=0))
    assert dice(prediction.labels == 1, image > BONE) >= 0.97 * dice(best, image > BONE)
