"""What does not fit into memory goes to the disk, and nothing is different then."""

from itertools import count

import numpy as np
import pytest

from annotat_nb.classify import FeatureSelection, Mask, Pipeline, RandomForest, Segmenter, pooled
from annotat_nb.classify import regions as regions_module
from annotat_nb.classify import tables as tables_module
from annotat_nb.classify.tables import Known, Rows
from annotat_nb.features import Gaussian, Identity, Sobel, Variance
from annotat_nb.room import NoRoom, Room
from annotat_nb.store.stored import StoredArray
from annotat_nb.superpixels import Waterpixels

PIPELINE = Pipeline(
    features=(Identity(), Gaussian(radii=(1, 2), ndim=3), Sobel(), Variance(radii=(2,))),
    pooling=("mean", "std"),
    selection=FeatureSelection(threshold=0.01),
    classifier=RandomForest(n_estimators=20),
)


@pytest.fixture
def on_disk(tmp_path):
    """A room that puts everything on disk; it has the names of all in `made`."""
    numbers = count()

    def create(name, shape, dtype):
        room.made.append(name)
        return StoredArray.create(tmp_path / str(next(numbers)), shape, dtype)

    room = Room(0, create)
    room.made = []
    return room


@pytest.fixture(params=["flat superpixels", "deep superpixels", "shuffled superpixels", "voxels"])
def superpixels(request, volume):
    if request.param == "voxels":
        return None
    method = Waterpixels(seed_spacing=6, ndim=2 if request.param.startswith("flat") else 3)
    ids = method(volume.data)
    if request.param.startswith("shuffled"):
        ids = np.random.default_rng(1).permutation(3 * ids.max()).astype("uint32")[ids] + 1
    return ids.astype("uint32")


@pytest.fixture
def small_pieces(monkeypatch):
    """Cut everything into far smaller pieces, as if the volume were larger."""
    monkeypatch.setattr(regions_module, "GROUP", (4, 20, 30))
    monkeypatch.setattr(regions_module, "GROWN", 40)
    monkeypatch.setattr(regions_module, "TOGETHER", 30)
    monkeypatch.setattr(tables_module, "TOGETHER", 16)
    monkeypatch.setattr(tables_module, "SPAN", 10)
    monkeypatch.setattr(pooled, "ROWS_HELD", 1000)
    return monkeypatch


@pytest.mark.parametrize("masked", [False, True])
def test_nothing_is_different(volume, superpixels, marks, truth, on_disk, masked, small_pieces):
    earlier = np.where(np.arange(50) < 40, truth, 3).astype("uint8")
    mask = Mask(earlier, (0, 1)) if masked else None
    found = Segmenter(volume, superpixels, mask, on_disk).segment(PIPELINE, marks)[1]
    small_pieces.undo()
    expected = Segmenter(volume, superpixels, mask).segment(PIPELINE, marks)[1]
    assert isinstance(found.labels, StoredArray)
    assert isinstance(expected.labels, np.ndarray)
    np.testing.assert_array_equal(found.labels[:], expected.labels)
    for name in ("probabilities", "probabilities.uncertainty"):
        one, other = (np.asarray(getattr_deep(p, name)) for p in (found, expected))
        np.testing.assert_array_equal(one, other)
    names = {"voxels": {"label"}} if superpixels is None else {}
    wanted = names.get("voxels", {"superpixels", "features", "probabilities", "label"})
    assert set(on_disk.made) == wanted


def getattr_deep(value, name):
    for part in name.split("."):
        value = getattr(value, part)
    return value


def test_features_are_the_same_whether_a_few_or_all_are_asked_for(volume, marks, small_pieces):
    ids = Waterpixels(seed_spacing=6, ndim=3)(volume.data)
    segmenter, silent = Segmenter(volume, ids), lambda *_: None
    some = np.unique(ids)[3::7].astype("int64")
    few = segmenter._samples.rows(PIPELINE.features, PIPELINE, some, silent)
    small_pieces.undo()
    other = Segmenter(volume, ids)._samples
    other.prepare(PIPELINE, silent)
    np.testing.assert_array_equal(few, other.rows(PIPELINE.features, PIPELINE, some, silent))


def test_what_was_cancelled_goes_on_to_the_same_features(volume, small_pieces, on_disk):
    ids = Waterpixels(seed_spacing=6, ndim=3)(volume.data)
    samples = Segmenter(volume, ids, None, on_disk)._samples
    alone = PIPELINE.model_copy(update={"features": PIPELINE.features[:1]})

    def cancel(step, share):
        if share > 0.5:
            raise KeyboardInterrupt

    for pipeline in (PIPELINE, alone, PIPELINE):
        with pytest.raises(KeyboardInterrupt):
            samples.prepare(pipeline, cancel)
    samples.prepare(PIPELINE, lambda *_: None)
    small_pieces.undo()
    everything = np.arange(1, ids.max() + 1)
    found = samples.rows(PIPELINE.features, PIPELINE, everything, lambda *_: None)
    expected = Segmenter(volume, ids)._samples
    np.testing.assert_array_equal(
        found, expected.rows(PIPELINE.features, PIPELINE, everything, lambda *_: None)
    )


def test_features_that_nothing_needs_make_room_for_others(volume, superpixels, marks):
    if superpixels is None:
        pytest.skip("voxels have tables of marked voxels only")
    bytes_of_one = 4 * (int(superpixels.max()) + 1)
    room = Room(2 * 9 * bytes_of_one)  # the boxes take 6, half is for computing
    segmenter = Segmenter(volume, superpixels, None, room)
    for radius in (1, 2, 3, 4, 5, 6):
        features = (Identity(), Gaussian(radii=(radius,)))
        pipeline = PIPELINE.model_copy(update={"features": features, "pooling": ("mean",)})
        segmenter.fit(pipeline, marks)


def test_no_room_is_a_sentence(volume, marks):
    ids = Waterpixels(seed_spacing=6)(volume.data)
    with pytest.raises(NoRoom, match="open the image with a workspace"):
        Segmenter(volume, ids, None, Room(10)).segment(PIPELINE, marks)


def test_rows_are_looked_up_wherever_they_are(on_disk, small_pieces):
    values = np.random.default_rng(0).random((200, 3)).astype("float32")
    numbers = np.random.default_rng(1).integers(0, 200, (4, 5))
    for room in (on_disk, Room()):
        rows = Rows(room, "features", 200, 3)
        rows.put(np.arange(50, 200), values[50:])
        rows.write(0, values[:50])
        np.testing.assert_array_equal(rows.look_up(numbers), values[numbers])
        np.testing.assert_array_equal(
            rows.look_up(numbers, lambda own: own.sum(axis=1)), values[numbers].sum(axis=-1)
        )
        some = np.array([0, 15, 16, 17, 100, 199])
        np.testing.assert_array_equal(rows.take(some), values[some])
        assert rows.take(some[:0]).shape == (0, 3)


def test_a_set_of_numbers_knows_its_own():
    rng, known, expected = np.random.default_rng(3), Known(), set()
    for _ in range(60):
        start, length = rng.integers(0, 500), rng.integers(0, 30)
        numbers = np.arange(start, start + length * 3, rng.integers(1, 4))
        assert set(known.missing(numbers)) == set(numbers) - expected
        known.add(numbers)
        expected |= set(numbers)
    assert len(known._starts) < 60
