import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from annotat_nb.rendering.png import encode_png

PLANES = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40)
LEVELS = st.sampled_from([0, 1, 9])


def decode(png, mode):
    with Image.open(io.BytesIO(png)) as picture:
        picture.load()
        return np.array(picture.convert(mode))


@given(arrays.arrays(np.uint8, PLANES), LEVELS)
def test_a_slice_comes_back_exactly(image, level):
    np.testing.assert_array_equal(decode(encode_png(image, level=level), "L"), image)


@given(arrays.arrays(np.uint16, PLANES, elements=st.integers(0, 299)), LEVELS)
def test_ids_come_back_as_their_colours(ids, level):
    palette = np.random.default_rng(0).integers(0, 256, (300, 4), dtype=np.uint8)
    np.testing.assert_array_equal(decode(encode_png(ids, palette, level), "RGBA"), palette[ids])


def test_ids_up_to_255_travel_as_one_byte_each():
    ids, palette = np.full((64, 64), 255, np.uint16), np.zeros((300, 4), np.uint8)
    assert len(encode_png(ids, palette)) < 64 * 65 + 256 * 4 + 100
    assert len(encode_png(ids + 1, palette)) > 64 * 64 * 4


def test_a_part_of_a_larger_array_is_encoded_as_it_is():
    image = np.arange(100, dtype=np.uint8).reshape(10, 10)
    np.testing.assert_array_equal(decode(encode_png(image[2:5, 3:9:2]), "L"), image[2:5, 3:9:2])


def test_an_id_without_a_colour_is_refused():
    with pytest.raises(ValueError, match="id 3 has no colour: the palette has 2 rows"):
        encode_png(np.full((2, 2), 3, np.uint8), np.zeros((2, 4), np.uint8))


def test_a_slice_of_another_type_is_refused():
    with pytest.raises(TypeError, match="uint8, got uint16"):
        encode_png(np.zeros((2, 2), np.uint16))


@pytest.mark.parametrize("shape", [(0, 3), (3,), (2, 2, 3)])
def test_what_is_no_plane_is_refused(shape):
    with pytest.raises(ValueError, match="rows and columns"):
        encode_png(np.zeros(shape, np.uint8))


def test_a_palette_of_another_form_is_refused():
    with pytest.raises(ValueError, match=r"a palette is \(n, 4\) uint8"):
        encode_png(np.zeros((2, 2), np.uint8), np.zeros((4, 3), np.uint8))
