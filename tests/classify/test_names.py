"""What feature channels are called: one thing by one name."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import annotat_nb as an
from annotat_nb import features
from annotat_nb.classify.training_data import check_same_channels
from annotat_nb.features import Feature

IMAGE = (255 * np.random.default_rng(0).random((5, 14, 13))).astype("uint8")
KINDS = [
    kind
    for kind in (getattr(features, name) for name in features.__all__)
    if isinstance(kind, type) and issubclass(kind, Feature) and kind is not Feature
]


@an.feature(title="Own contrast")
def own_contrast(image, factor: float = 1.0, mode: str = "", sizes: tuple[int, ...] = (1, 2)):
    """Return more or less of everything."""
    return factor * image + len(mode) + sum(sizes)


@an.feature(title="Sobel")
def own_sobel(image):
    """Return what has a name that is taken."""
    return image + 1


CHOICES = {
    "radii": st.sets(st.integers(1, 64), min_size=1, max_size=4).map(tuple),
    "ndim": st.sampled_from([2, 3]),
    "wavelength": st.floats(2, 8),
    "orientations": st.integers(1, 32),
    "factor": st.floats(allow_nan=False),
    "mode": st.sampled_from(["", "a", "', sizes=(1, 2)"]),
    "sizes": st.sampled_from([(), (1,), (1, 2)]),
}


@st.composite
def any_feature(draw):
    kind = draw(st.sampled_from([*KINDS, own_contrast, own_sobel]))
    return kind(**{name: draw(CHOICES[name]) for name in kind.model_fields})


@given(
    st.lists(any_feature(), min_size=1, max_size=12),
    st.sampled_from([None, an.Waterpixels()]),
    st.sets(st.sampled_from(["mean", "min", "max", "std"]), min_size=1).map(tuple),
)
def test_no_two_channels_of_a_pipeline_have_the_same_name(chosen, superpixels, pooling):
    pipeline = an.Pipeline(features=chosen, superpixels=superpixels, pooling=pooling)
    named = pipeline.channels()
    assert list(named) == list(pipeline.features)
    names = [name for own in named.values() for name in own]
    assert len(set(names)) == len(names)
    ways = 1 if superpixels is None else len(pooling)
    assert all(len(named[f]) == ways * len(f.channels()) for f in named)


VARIANTS = [
    *(kind() for kind in KINDS),
    *(kind(ndim=3) for kind in KINDS if "ndim" in kind.model_fields),
    *(kind(radii=(1, 3)) for kind in KINDS if "radii" in kind.model_fields),
    an.Gabor(radii=(2,), wavelength=4),
    an.Gabor(radii=(2,), wavelength=4.5, orientations=3),
    an.Gabor(radii=(2,), orientations=2),
    own_contrast(),
    own_contrast(factor=2.0),
    own_contrast(factor=2.0, mode="a"),
]


def test_channels_of_one_name_hold_the_same_values():
    """Then a file or a loaded sample that has the same names was computed in the same way."""
    computed = {f: dict(zip(f.channels(), f(IMAGE), strict=True)) for f in VARIANTS}
    shared = 0
    for one, other in combinations(computed.values(), 2):
        for name in one.keys() & other.keys():
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
            shared += 1
    assert shared > 9  # a radius that two have, for one


def test_names_say_what_is_not_as_in_the_original_and_all_of_ones_own():
    names = {
        an.Sobel(): "Sobel",
        an.Sobel(ndim=3): "Sobel 3D",
        an.Gaussian(radii=(2,)): "Gaussian (FFT Gauss) r=2",
        an.Gaussian(radii=(2,), ndim=3): "Gaussian (FFT Gauss) 3D r=2",
        an.Gabor(radii=(2,), orientations=1): "Gabor (FFT Gabor) r=2 0°",
        an.Gabor(radii=(2,), orientations=1, wavelength=4): "Gabor (FFT Gabor) λ=4r r=2 0°",
        an.Gabor(radii=(2,), orientations=1, wavelength=4.5): "Gabor (FFT Gabor) λ=4.5r r=2 0°",
        an.LocalBinaryPattern(): "Local binary pattern (LBP) r=1",
        own_sobel(): "Sobel",
        own_contrast(mode="b"): "Own contrast (factor=1.0, mode='b', sizes=(1, 2))",
    }
    for feature, name in names.items():
        assert feature.channels() == (name,)


def test_samples_of_2d_and_3d_are_told_apart():
    one, other = (
        an.Pipeline(features=(an.Sobel(ndim=ndim),)).channels()[an.Sobel(ndim=ndim)]
        for ndim in (2, 3)
    )
    with pytest.raises(an.TrainingError, match="expected Sobel, mean, got Sobel 3D, mean"):
        check_same_channels(one, other)
