"""Whether a feature looks no farther than it says."""

import numpy as np
import pytest
from scipy import ndimage

import annotat_nb as an
from annotat_nb import features
from annotat_nb.features import Feature

KINDS = [
    kind
    for kind in (getattr(features, name) for name in features.__all__)
    if isinstance(kind, type) and issubclass(kind, Feature) and kind is not Feature
]


def smooth(image, radius: int = 2):
    """Smooth along x alone."""
    return ndimage.uniform_filter1d(image, 2 * radius + 1, axis=2)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_all_features_of_the_package_pass(kind):
    an.check_halo(kind(**({"radii": (1, 3)} if "radii" in kind.model_fields else {})))
    if "ndim" in kind.model_fields:
        an.check_halo(kind(ndim=3))


@pytest.mark.parametrize("halo", [lambda radius: radius, lambda radius: (0, 0, radius)])
def test_a_halo_that_follows_the_radius_suffices(halo):
    own = an.feature(halo=halo)(smooth)
    for radius in (1, 4, 30):
        an.check_halo(own(radius=radius))


@pytest.mark.parametrize(
    "halo", [3, (4, 4, 3), (4, 0, 0), lambda radius: (radius, radius, radius - 1)]
)
def test_one_that_is_a_voxel_too_small_is_refused(halo):
    with pytest.raises(ValueError, match=r"Smooth\(radius=4\) .* along x than its halo, "):
        an.check_halo(an.feature(halo=halo)(smooth)(radius=4))


def test_what_depends_on_the_whole_image_is_refused():
    @an.feature(halo=9)
    def above_the_mean(image):
        return image - image.mean()

    with pytest.raises(ValueError, match="along z than its halo"):
        an.check_halo(above_the_mean())


def test_rounding_is_no_difference():
    @an.feature(halo=lambda radius: (0, 5 * radius, 5 * radius))
    def by_fourier(image, radius: int = 2):
        kernel = np.exp(-(np.arange(-5 * radius, 5 * radius + 1) ** 2) / 2 / radius**2)
        from scipy.signal import fftconvolve

        padded = np.pad(image, ((0, 0), (5 * radius,) * 2, (5 * radius,) * 2), "symmetric")
        return fftconvolve(padded, np.outer(kernel, kernel)[None], mode="valid")

    an.check_halo(by_fourier())
