import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotat_nb.rendering.tiles import MOST, Seen, Tile, overlap, tile_around, whole_tile

extents = st.integers(1, 20_000)


@st.composite
def looks(draw):
    """The shape of a slice, and what is seen of it."""
    shape = draw(extents), draw(extents)
    ends = [sorted(draw(st.tuples(*[st.integers(0, extent)] * 2))) for extent in shape]
    scale = draw(st.floats(0.01, 64))
    (top, bottom), (left, right) = ends
    return shape, Seen(top, left, bottom, right, scale)


@given(looks())
def test_a_tile_serves_what_it_was_made_for_within_its_bounds(look):
    shape, seen = look
    tile = tile_around(shape, seen)
    assert tile.serves(seen, tile)
    assert 0 <= tile.top <= seen.top
    assert 0 <= tile.left <= seen.left
    assert seen.bottom <= tile.bottom <= shape[0]
    assert seen.right <= tile.right <= shape[1]
    # Full resolution wherever the screen could show it, whatever the size of the screen.
    assert tile.step == 1 or tile.step <= 1 / seen.scale
    on_screen = max(seen.bottom - seen.top, seen.right - seen.left) * min(1.0, seen.scale)
    assert max(tile.size) <= max(MOST, 2.6 * on_screen + 2)


@given(looks())
def test_tiles_of_one_step_share_a_grid(look):
    tile = tile_around(*look)
    assert tile.top % tile.step == tile.left % tile.step == 0


@given(extents, extents)
def test_the_whole_slice_fits_and_small_ones_are_not_reduced(height, width):
    tile = whole_tile((height, width))
    assert max(tile.size) <= MOST
    assert tile.is_whole
    assert (tile.step == 1) == (max(height, width) <= MOST)


def test_a_slice_that_fits_is_one_tile_wherever_one_looks():
    assert tile_around((2048, 300), Seen(5, 6, 7, 8, 9.0)) == whole_tile((2048, 300))


def test_what_is_seen_near_the_edge_of_a_tile_or_finer_is_not_served():
    shape = (3000, 5000)
    tile = tile_around(shape, Seen(1000, 2000, 1400, 2800, 1.0))
    nearer = Seen(1000, 2300, 1400, 3100, 1.0)
    farther = Seen(1000, 2390, 1400, 3190, 1.0)
    assert tile.serves(nearer, tile_around(shape, nearer))
    assert not tile.serves(farther, tile_around(shape, farther))
    assert not whole_tile(shape).serves(nearer, tile)


@pytest.mark.parametrize("step", [1, 3])
def test_a_part_holds_the_voxels_asked_for_on_the_grid_of_the_tile(step):
    slice_ = np.arange(40 * 50).reshape(40, 50)
    tile = Tile(slice_.shape, 6, 9, 38, 47, step)
    bitmap = slice_[tile.across("z", 0)[1:]]
    assert bitmap.shape == tile.size
    for rows in (slice(0, 7), slice(10, 11), slice(30, 60)):
        part = tile.part(rows, slice(20, 24))
        y, x = tile.origin_of(part)
        shown = slice_[part.across("z", 0)[1:]]
        np.testing.assert_array_equal(bitmap[y : y + shown.shape[0], x : x + shown.shape[1]], shown)
        assert part.top <= max(rows.start, 6)
        assert part.bottom >= min(rows.stop, 38)


def test_voxels_outside_a_tile_have_no_part():
    tile = Tile((40, 50), 6, 9, 38, 47, 3)
    assert tile.part(slice(0, 6), slice(20, 24)) is None
    assert tile.part(slice(10, 12), slice(47, 50)) is None


@given(*[st.integers(0, 40)] * 4, st.integers(1, 7))
def test_ranges_overlap_where_both_have_the_voxel(a, b, c, d, step):
    side, other = slice(min(a, b), max(a, b)), slice(min(c, d), max(c, d))
    seen, known = np.arange(side.start, side.stop, step), np.arange(other.start, other.stop)
    here, there = overlap(side, step, other)
    np.testing.assert_array_equal(seen[here], known[there])
    np.testing.assert_array_equal(seen[here], np.intersect1d(seen, known))
