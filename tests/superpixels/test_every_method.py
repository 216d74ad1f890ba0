"""What holds for every way of making superpixels."""

import numpy as np
import pytest
import zarr
from skimage import measure

from annotat_nb.superpixels import Slic, SuperpixelMethod, Waterpixels, slic, tiles, waterpixels

METHODS = [kind(ndim=ndim) for kind in (Waterpixels, Slic) for ndim in (2, 3)]
ODD_IMAGES = {
    "constant": np.full((4, 30, 26), 7, "uint8"),
    "one slice": np.random.default_rng(0).random((1, 40, 33)),
    "one row": np.arange(40, dtype="int8").reshape(1, 1, 40),
    "one column": np.arange(40, dtype="uint16").reshape(1, 40, 1),
    "one voxel": np.ones((1, 1, 1), "float32"),
    "smaller than a cell": np.random.default_rng(0).random((2, 3, 4)),
    "bool": np.random.default_rng(0).random((3, 20, 20)) > 0.5,
    "16 bits": np.random.default_rng(0).integers(0, 65536, (3, 20, 20)).astype("uint16"),
    "only NaN": np.full((2, 15, 15), np.nan),
    "some NaN": np.where(np.eye(24) > 0, np.nan, 3.0)[None],
    "infinite": np.where(np.eye(24) > 0, np.inf, np.arange(24.0))[None],
}
every_method = pytest.mark.parametrize("method", METHODS, ids=repr)


def assert_proper(labels, shape, ndim):
    """Check ids from 1 without gaps, every voxel labelled, every superpixel connected."""
    assert labels.shape == shape
    assert labels.dtype == np.uint32
    np.testing.assert_array_equal(np.unique(labels), np.arange(1, labels.max() + 1))
    assert measure.label(labels, connectivity=1, background=0).max() == labels.max()
    if ndim == 2:
        slices = [set(np.unique(plane)) for plane in labels]
        assert sum(map(len, slices)) == labels.max()


@pytest.fixture(scope="module")
def cells():
    """Return dark walls between bright cells, with noise."""
    rng = np.random.default_rng(3)
    seeds = rng.random((40, 3)) * (24, 60, 50)
    grid = np.stack(np.meshgrid(*map(np.arange, (24, 60, 50)), indexing="ij"), axis=-1)
    distance = np.sort(np.linalg.norm(grid[..., None, :] - seeds, axis=-1), axis=-1)
    image = np.where(distance[..., 1] - distance[..., 0] < 1.5, 40, 190)
    return np.clip(image + rng.normal(0, 10, image.shape), 0, 255).astype("uint8")


@every_method
def test_survives_json(method):
    assert SuperpixelMethod.model_validate_json(method.model_dump_json()) == method


@every_method
def test_every_parameter_is_explained(method):
    assert method.title
    assert all(field.description for field in type(method).model_fields.values())


def test_users_of_the_original_learn_about_its_16_bit_numbers():
    assert "16-bit" in Waterpixels.model_fields["compactness"].description
    assert "16-bit" in Slic.model_fields["compactness"].description


@every_method
def test_superpixels_are_connected_and_numbered_without_gaps(method, cells):
    assert_proper(method(cells), cells.shape, method.ndim)


@every_method
@pytest.mark.parametrize("name", ODD_IMAGES)
def test_odd_images_are_divided_too(method, name):
    image = ODD_IMAGES[name]
    assert_proper(method(image), image.shape, method.ndim)


@every_method
@pytest.mark.parametrize("spacing", [2, 5, 200])
def test_every_spacing_works(method, spacing, cells):
    method = method.model_copy(update={"seed_spacing": spacing})
    assert_proper(method(cells[:3]), (3, 60, 50), method.ndim)


@every_method
def test_the_count_is_foretold(method, cells):
    expected = method.expected_count(cells.shape)
    assert method(cells).max() == pytest.approx(expected, rel=0.15)


@every_method
def test_the_same_image_gives_the_same_superpixels(method, cells):
    np.testing.assert_array_equal(method(cells), method(cells.copy()))


@every_method
def test_the_type_of_the_image_does_not_matter(method, cells):
    for other in (257 * cells.astype("uint16"), cells.astype("float64") / 255 - 7):
        assert (method(other) == method(cells)).mean() > 0.999


@every_method
def test_a_known_intensity_range_is_used(method, cells):
    measured = (int(cells.min()), int(cells.max()))
    np.testing.assert_array_equal(method(cells, intensity_range=measured), method(cells))
    assert not np.array_equal(method(cells, intensity_range=(-9999, 9999)), method(cells))


@every_method
def test_a_tile_needs_no_other_voxels_than_it_reads(method, cells):
    class Lazy:
        shape, dtype, ndim = cells.shape, cells.dtype, 3

        def __getitem__(self, box):
            return cells[box]

    np.testing.assert_array_equal(
        method(Lazy(), intensity_range=(0, 255)), method(cells, intensity_range=(0, 255))
    )


@every_method
def test_progress_rises_to_the_end(method, cells):
    shares = []
    method(cells, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) >= (len(cells) if method.ndim == 2 else 1)


@every_method
def test_progress_can_cancel(method, cells):
    def cancel(share):
        raise InterruptedError(share)

    with pytest.raises(InterruptedError):
        method(cells, progress=cancel)


@every_method
def test_tiles_leave_superpixels_whole(method, cells, monkeypatch):
    for module in (waterpixels, slic):
        monkeypatch.setattr(module, "TILE", {2: 21, 3: 14})
    labels = method(cells)
    assert_proper(labels, cells.shape, method.ndim)
    assert labels.max() == pytest.approx(method.expected_count(cells.shape), rel=0.2)


@every_method
def test_any_number_of_threads_gives_the_same_ids(method, cells, monkeypatch):
    for module in (waterpixels, slic):
        monkeypatch.setattr(module, "TILE", {2: 21, 3: 14})
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(tiles, "processors", lambda threads=threads: threads)
        found.append(method(cells))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@every_method
def test_ids_are_written_where_the_caller_wants_them(method, cells, monkeypatch, tmp_path):
    for module in (waterpixels, slic):
        monkeypatch.setattr(module, "TILE", {2: 21, 3: 14})
    stored = zarr.create_array(tmp_path, shape=cells.shape, chunks=(7, 16, 16), dtype="uint32")
    part = np.zeros((30, 70, 60), "uint32")[3:27, 5:65, 4:54]
    expected = method(cells)
    for out in (stored, part):
        assert method(cells, out=out) is out
        np.testing.assert_array_equal(out[:], expected)


@every_method
@pytest.mark.parametrize(("shape", "dtype"), [((24, 60, 50), "int32"), ((24, 60, 49), "uint32")])
def test_a_place_that_does_not_fit_is_refused(method, cells, shape, dtype):
    with pytest.raises(TypeError, match=r"out must be uint32 of shape \(24, 60, 50\), got"):
        method(cells, out=np.zeros(shape, dtype))


@every_method
def test_superpixels_follow_a_strong_edge(method):
    image = np.zeros((8, 40, 40), "uint8")
    image[:, :, 17:] = 200
    labels = method(image)
    assert not np.intersect1d(labels[:, :, :17], labels[:, :, 17:]).size


@every_method
def test_larger_compactness_gives_more_regular_superpixels(method, cells):
    loose, tight = (
        method.model_copy(update={"compactness": value})(cells) for value in (0.1, 100.0)
    )
    assert roundness(tight[12]) > 1.1 * roundness(loose[12])


def roundness(plane):
    """Return 4π area / perimeter², averaged over superpixels by area."""
    parts = [part for part in measure.regionprops(plane.astype(int)) if part.perimeter]
    shapes = [min(4 * np.pi * part.area / part.perimeter**2, 1.0) for part in parts]
    return np.average(shapes, weights=[part.area for part in parts])


@pytest.mark.parametrize("parameters", [{"seed_spacing": 1}, {"compactness": -1}, {"ndim": 4}])
@pytest.mark.parametrize("kind", [Waterpixels, Slic])
def test_impossible_parameters_are_refused(kind, parameters):
    with pytest.raises(ValueError, match=next(iter(parameters))):
        kind(**parameters)
