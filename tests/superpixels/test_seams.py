import numpy as np
import pytest
from skimage import measure

from annotat_nb.superpixels import Slic, Waterpixels, slic, waterpixels
from annotat_nb.superpixels.repair import reconnect
from annotat_nb.superpixels.seams import Seams
from annotat_nb.superpixels.tiles import DIVIDED

NOISE = np.random.default_rng(0).random((33, 61, 58)).astype("float32")


METHODS = [
    Waterpixels(seed_spacing=5, compactness=0.0, ndim=3),
    Waterpixels(seed_spacing=3, ndim=3),
    Waterpixels(seed_spacing=4, compactness=1.0),
    Waterpixels(seed_spacing=7, compactness=0.0),
    Slic(seed_spacing=5, compactness=0.1, ndim=3, iterations=3),
    Slic(seed_spacing=3, ndim=3, iterations=1),
    Slic(seed_spacing=4, compactness=0.2, iterations=3),
]


@pytest.fixture
def mended(monkeypatch):
    """Labels before and after they were mended."""
    kept = []
    mend = Seams.mend

    def keep(self, labels, report):
        before = np.array(labels[:])
        mend(self, labels, report)
        kept.append((before, np.array(labels[:])))

    monkeypatch.setattr(Seams, "mend", keep)
    return kept


@pytest.fixture(params=[2, 3], ids="{} cells".format)
def tiles(request, monkeypatch):
    """Make tiles of that many cells a side."""

    def set_for(method):
        side = request.param * method.seed_spacing
        for module in (waterpixels, slic):
            monkeypatch.setattr(module, "TILE", {2: side, 3: side})

    return set_for


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_what_tiles_cut_is_mended_as_if_the_volume_were_one(mended, tiles, method):
    tiles(method)
    method(NOISE)
    ((before, after),) = mended
    np.testing.assert_array_equal(after, reconnect(before, method.ndim))
    found, cut = (
        measure.label(labels, connectivity=1, background=0).max() for labels in (after, before)
    )
    assert found == np.unique(after).size < cut


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_mending_is_reported_and_can_be_stopped(mended, tiles, method):
    tiles(method)
    shares = []
    method(NOISE, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len([share for share in shares if DIVIDED < share < 1]) > 10

    def stop(share):
        if share > DIVIDED:
            raise InterruptedError(share)

    with pytest.raises(InterruptedError):
        method(NOISE, progress=stop)
    assert len(mended) == 1  # the first time only


def test_what_is_written_to_a_file_is_mended_too(mended, monkeypatch, tmp_path):
    import zarr

    monkeypatch.setattr(waterpixels, "TILE", {3: 6})
    method = Waterpixels(seed_spacing=3, compactness=1.0, ndim=3)
    out = zarr.create_array(tmp_path / "ids", shape=NOISE.shape, chunks=(16,) * 3, dtype="uint32")
    assert method(NOISE, out=out) is out
    np.testing.assert_array_equal(out[:], method(NOISE))
    np.testing.assert_array_equal(mended[0], mended[1])
