import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotat_nb import io
from annotat_nb.io.cost import cost
from annotat_nb.io.mapped import MappedImage, mapping
from annotat_nb.io.stack import SliceStack
from annotat_nb.volume import Volume

SHAPE = (7, 9, 11)


class Counting:
    """An array in chunks that notes which chunks are touched, voxel by voxel."""

    def __init__(self, chunks):
        self.shape, self.chunks, self.dtype = SHAPE, chunks, np.dtype("uint8")

    def voxels(self, key):
        numbers = np.indices(SHAPE) // np.reshape(self.chunks, (3, 1, 1, 1))
        touched = {tuple(corner) for corner in np.stack([n[key].ravel() for n in numbers], 1)}
        extents = zip(SHAPE, self.chunks, strict=True)
        sides = [[min(c, e - c * n) for n in range(-(-e // c))] for e, c in extents]
        return sum(np.prod([s[n] for s, n in zip(sides, c, strict=True)]) for c in touched)


def keys(extent):
    return st.one_of(
        st.integers(-extent, extent - 1),
        st.tuples(st.integers(0, extent), st.integers(0, extent)).map(lambda e: slice(*sorted(e))),
    )


@given(st.tuples(*map(keys, SHAPE)), st.tuples(*(st.integers(1, e) for e in SHAPE)))
def test_cost_never_underrates_what_is_decoded(key, chunks):
    image = Counting(chunks)
    assert cost(image, key) >= image.voxels(key)


def test_cost_of_whole_slices_is_exact():
    image = Counting((1, 9, 11))
    for key in ((3,), (slice(None), 4), (slice(None), slice(None), 5), (slice(2, 5),)):
        assert cost(image, key) == image.voxels((*key, *(slice(None),) * (3 - len(key))))


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.setattr("annotat_nb.io.layout.CACHE_BYTES", 1000)
    values = np.arange(np.prod(SHAPE), dtype="uint16").reshape(SHAPE)
    return values, SliceStack(SHAPE, values.dtype, lambda z: values[z])


def test_slices_across_pages_come_from_the_copy_and_others_from_the_file(pages):
    values, stack = pages
    image = io.PagedImage(stack)
    copy = SliceStack(SHAPE, values.dtype, lambda z: np.full(SHAPE[1:], 1, "uint16"))
    copy.chunks = (7, 3, 3)
    image.blocks = copy
    assert np.array_equal(image[3], values[3])
    assert (image[:, 4] == 1).all()
    assert (image[:, :, 2] == 1).all()
    assert np.array_equal(image[2:3], values[2:3])


def test_a_copy_that_cannot_be_read_gives_way_to_the_file(pages):
    values, stack = pages
    image = io.PagedImage(stack)

    def broken(z):
        raise OSError("checksum")

    image.blocks = SliceStack(SHAPE, values.dtype, broken)
    image.blocks.chunks = (7, 3, 3)
    assert np.array_equal(image[:, 4], values[:, 4])
    assert image.blocks is None


def test_only_pages_are_slow_across_and_only_until_there_is_a_copy(pages):
    values, stack = pages
    assert isinstance(io.paged(stack), io.PagedImage)
    assert io.paged(values) is values
    volume = Volume(io.paged(stack))
    assert io.reads_everything(volume, "y")
    assert not io.reads_everything(Volume(values), "y")
    assert np.array_equal(volume.data, values)
    assert len(volume.data) == SHAPE[0]


def test_what_memory_keeps_is_not_slow():
    stack = SliceStack(SHAPE, np.dtype("uint16"), lambda z: np.zeros(SHAPE[1:], "uint16"))
    assert io.paged(stack) is stack


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_a_mapped_image_gives_the_values_of_its_file(tmp_path, order):
    values = np.arange(np.prod(SHAPE), dtype=order).reshape(SHAPE)
    values.tofile(tmp_path / "image_11x9x7_16bits.raw")
    data = io.read(tmp_path / "image_11x9x7_16bits.raw", dtype=order).data
    image = MappedImage(mapping(data))
    for key in (3, (slice(None), 4), (slice(None), slice(None), 5), (slice(1, 5, 2), 2), ...):
        assert np.array_equal(image[key], values[key])
        assert image[key].dtype.isnative
    assert np.array_equal(image, values)


def test_a_large_mapped_image_is_slow_across_x_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("annotat_nb.io.layout.CACHE_BYTES", 1000)
    monkeypatch.setattr("annotat_nb.io.layout.MAPPED_BYTES", 2**20)
    with (tmp_path / "image_4096x32x16_8bits.raw").open("wb") as file:
        file.truncate(4096 * 32 * 16)
    volume = io.read(tmp_path / "image_4096x32x16_8bits.raw")
    volume = Volume(io.paged(volume.data))
    assert [io.reads_everything(volume, axis) for axis in "zyx"] == [False, False, True]
