"""Time the features and a voxel-wise segmentation beside other programs, where they are installed.

Run ``python tests/benchmarks/peers.py [side]``. The programs are no dependencies of the project:

- apoc (GPU-accelerated pixel classification by OpenCL):
  ``pip install apoc pyopencl pocl-binary-distribution``, the last of which runs OpenCL on
  processors where there is no graphics card.
- fastfilters (the filters of ilastik): ``conda install -c ilastik-forge fastfilters``.
- scikit-image's ``multiscale_basic_features`` is always there.
"""

import importlib.util
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.feature import multiscale_basic_features

import annotat_nb as an
from annotat_nb.classify import Marks, Segmenter
from annotat_nb.kernels import processors

SIGMAS = (1, 2, 4, 8)
APOC_FEATURES = " ".join(
    ["original", *(f"gaussian_blur={s} sobel_of_gaussian_blur={s}" for s in SIGMAS)]
)


def timed(work, runs=3):
    """Return the least wall and processor seconds of some runs, and what the last one returned."""
    found = work()
    walls, seconds = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        walls.append(time.perf_counter() - wall)
        seconds.append(time.process_time() - cpu)
    return min(walls), min(seconds), found


def show(name, size, wall, cpu, note=""):
    rate = size / wall / 1e6
    print(f"{name:58} {wall:8.3f} s wall {cpu:8.3f} s CPU {rate:8.1f} Mvoxel/s  {note}")


def smoothing(image):
    values = image.astype("float32")
    for sigma in SIGMAS:
        ours = an.Gaussian(radii=(sigma,), ndim=3)
        show(f"annotat_nb Gaussian sigma={sigma}", image.size, *timed(lambda f=ours: f(image))[:2])
        scipy = timed(lambda s=sigma: ndimage.gaussian_filter(values, s))[:2]
        show(f"scipy gaussian_filter sigma={sigma}", image.size, *scipy)
        if importlib.util.find_spec("fastfilters"):
            import fastfilters

            theirs = timed(lambda s=sigma: fastfilters.gaussianSmoothing(values, s))[:2]
            show(f"fastfilters gaussianSmoothing sigma={sigma}", image.size, *theirs)


def feature_stacks(image):
    features = (
        an.Gaussian(radii=SIGMAS, ndim=3),
        an.GradientMagnitude(radii=SIGMAS, ndim=3),
        an.HessianEigenvalues(radii=SIGMAS, ndim=3),
    )
    channels = sum(len(feature.channels()) for feature in features)
    ours = timed(lambda: [feature(image) for feature in features], runs=1)[:2]
    show(f"annotat_nb, {channels} features", image.size, *ours)
    theirs = timed(
        lambda: multiscale_basic_features(image, sigma_min=1, sigma_max=8, num_sigma=4), runs=1
    )
    show(
        f"skimage multiscale_basic_features, {theirs[2].shape[-1]} features",
        image.size,
        *theirs[:2],
    )


def voxelwise(image, truth):
    voxels = np.unique(np.random.default_rng(1).integers(0, truth.size, 500))
    marks = Marks(voxels, truth.ravel()[voxels])
    pipeline = an.Pipeline(
        features=(
            an.Identity(),
            an.Gaussian(radii=SIGMAS, ndim=3),
            an.GradientMagnitude(radii=SIGMAS, ndim=3),
        ),
        superpixels=None,
        selection=None,
        classifier=an.RandomForest(n_estimators=100),
    )
    volume = an.Volume(image)
    wall, cpu, found = timed(lambda: Segmenter(volume).segment(pipeline, marks)[1], runs=1)
    right = (found.labels == truth).mean()
    show(
        "annotat_nb, 9 features, 100 trees, per voxel", image.size, wall, cpu, f"{right:.1%} right"
    )
    if importlib.util.find_spec("apoc"):
        _apoc(image, truth, voxels)


def _apoc(image, truth, voxels):
    import apoc

    sparse = np.zeros(truth.size, "uint8")
    sparse[voxels] = truth.ravel()[voxels] + 1
    with tempfile.TemporaryDirectory() as folder:
        for depth, trees in ((2, 10), (10, 100)):
            path = str(Path(folder) / f"{trees}.cl")
            classifier = apoc.PixelClassifier(path, max_depth=depth, num_ensembles=trees)

            def work(classifier=classifier):
                classifier.train(APOC_FEATURES, sparse.reshape(truth.shape), image)
                return np.asarray(classifier.predict(image=image))

            wall, cpu, labels = timed(work, runs=1)
            right = (labels - 1 == truth).mean()
            name = f"apoc, 9 features, {trees} trees of depth {depth}, per voxel"
            show(name, image.size, wall, cpu, f"{right:.1%} right")


if __name__ == "__main__":
    from tomogram import tomogram

    side = int(sys.argv[1]) if len(sys.argv) > 1 else 128
    image, truth = tomogram(side)
    print(f"{side}³ voxels of 8 bits, {processors()} processors")
    smoothing(image)
    feature_stacks(image)
    voxelwise(image, truth)
