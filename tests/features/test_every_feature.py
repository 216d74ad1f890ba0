"""What holds for every feature."""

import numpy as np
import pytest

from annotat_nb import features
from annotat_nb.blocks import plan_blocks
from annotat_nb.features import Feature

pytestmark = pytest.mark.usefixtures("on_every_device")

KINDS = [
    kind
    for kind in (getattr(features, name) for name in features.__all__)
    if isinstance(kind, type) and issubclass(kind, Feature) and kind is not Feature
]
EXAMPLES = list(
    dict.fromkeys(
        kind(**{name: value for name, value in options.items() if name in kind.model_fields})
        for kind in KINDS
        for options in ({"ndim": 2}, {"ndim": 3, "radii": (1, 2)}, {"radii": (3,)})
    )
)
ODD_IMAGES = {
    "constant": np.full((3, 9, 9), 7, "uint8"),
    "one slice": np.arange(63, dtype="uint16").reshape(1, 7, 9),
    "one row": np.arange(11, dtype="int8").reshape(1, 1, 11) - 5,
    "one voxel": np.ones((1, 1, 1), "float32"),
    "bool": np.indices((3, 6, 6)).sum(axis=0) % 2 == 0,
    "16 bits": np.random.default_rng(0).integers(0, 65536, (3, 8, 8)).astype("uint16"),
    "half precision": np.linspace(-6e4, 6e4, 192).astype("float16").reshape(3, 8, 8),
    "beyond float32": np.linspace(0, 1e300, 75).reshape(3, 5, 5),
    "no data": np.where(np.eye(12) > 0, -3.4e38, 3.4e38).astype("float32")[None],
    "only NaN": np.full((2, 5, 5), np.nan),
    "some NaN": np.where(np.eye(8) > 0, np.nan, 3.0)[None],
    "infinite": np.where(np.eye(8) > 0, -np.inf, 3.0)[None],
    "big-endian": np.arange(64, dtype=">u2").reshape(1, 8, 8),
}

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
every_example = pytest.mark.parametrize("feature", EXAMPLES, ids=repr)


@every_example
def test_survives_json(feature):
    assert Feature.model_validate_json(feature.model_dump_json()) == feature


@every_kind
def test_every_parameter_is_explained(kind):
    assert kind.title
    assert all(field.description for field in kind.model_fields.values())


@every_example
def test_channels_are_named_one_by_one(feature):
    image = np.random.default_rng(0).random((2, 8, 9))
    result = feature(image)
    assert result.shape == (len(feature.channels()), 2, 8, 9)
    assert result.dtype == np.float32
    assert len(set(feature.channels())) == len(feature.channels())


@every_example
@pytest.mark.parametrize("kind_of_image", ["float32", "uint8"])
def test_halo_makes_blocks_seamless_to_the_last_bit(feature, kind_of_image):
    image = (255 * np.random.default_rng(0).random((12, 30, 26))).astype(kind_of_image)
    whole = feature(image)
    for block in plan_blocks(image.shape, feature.halo(), core=(5, 11, 13)):
        part = feature(image[block.padded])[(slice(None), *block.inner)]
        np.testing.assert_array_equal(part, whole[(slice(None), *block.core)])


@every_example
@pytest.mark.parametrize("name", ODD_IMAGES)
def test_odd_images_give_finite_values(feature, name):
    assert np.isfinite(feature(ODD_IMAGES[name])).all()


@every_example
def test_nan_and_infinity_count_as_the_finite_minimum(feature):
    image = np.random.default_rng(0).normal(5, 1, (2, 9, 9))
    odd, even = image.copy(), image.copy()
    for place, value in (((0, 4, 4), np.nan), ((1, 0, 0), np.inf), ((1, 8, 3), -np.inf)):
        odd[place] = value
        even[place] = image.min()
    odd[0, 0, 0] = even[0, 0, 0] = image.min()
    np.testing.assert_array_equal(feature(odd), feature(even))


@every_example
def test_the_image_is_left_alone(feature):
    image = np.random.default_rng(0).random((2, 9, 9)).astype("float32")
    before = image.copy()
    feature(image)[:] = 0
    np.testing.assert_array_equal(image, before)


@every_example
def test_two_dimensions_mean_slice_by_slice(feature):
    if getattr(feature, "ndim", 2) == 3:
        return
    image = np.random.default_rng(0).random((3, 9, 9))
    alone = np.concatenate([feature(image[z : z + 1]) for z in range(3)], axis=1)
    np.testing.assert_array_equal(feature(image), alone)
