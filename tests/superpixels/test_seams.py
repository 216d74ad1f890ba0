import numpy as np
import pytest
from skimage import measure

from annotat_nb.superpixels import Waterpixels, waterpixels
from annotat_nb.superpixels.repair import reconnect
from annotat_nb.superpixels.seams import Seams

NOISE = np.random.default_rng(0).random((33, 61, 58)).astype("float32")


@pytest.fixture
def unmended(monkeypatch):
    """Labels as they were before they were mended."""
    kept = []
    mend = Seams.mend

    def keep(self, labels):
        kept.append(np.array(labels[:]))
        mend(self, labels)

    monkeypatch.setattr(Seams, "mend", keep)
    return kept


@pytest.mark.parametrize("compactness", [0.0, 1.0, 10.0])
@pytest.mark.parametrize(
    ("ndim", "spacing", "side"), [(3, 5, 10), (3, 3, 6), (2, 4, 8), (2, 7, 28)]
)
def test_what_tiles_cut_is_mended_as_if_the_volume_were_one(
    unmended, monkeypatch, ndim, spacing, side, compactness
):
    monkeypatch.setattr(waterpixels, "TILE", {2: side, 3: side})
    labels = Waterpixels(seed_spacing=spacing, compactness=compactness, ndim=ndim)(NOISE)
    np.testing.assert_array_equal(labels, reconnect(unmended[0], ndim))
    assert measure.label(labels, connectivity=1, background=0).max() == labels.max()


def test_tiles_do_cut(unmended, monkeypatch):
    monkeypatch.setattr(waterpixels, "TILE", {3: 6})
    Waterpixels(seed_spacing=3, compactness=1.0, ndim=3)(NOISE)
    cut = unmended[0]
    assert measure.label(cut, connectivity=1, background=0).max() > cut.max()


def test_what_is_written_to_a_file_is_mended_too(unmended, monkeypatch, tmp_path):
    import zarr

    monkeypatch.setattr(waterpixels, "TILE", {3: 6})
    method = Waterpixels(seed_spacing=3, compactness=1.0, ndim=3)
    out = zarr.create_array(tmp_path / "ids", shape=NOISE.shape, chunks=(16,) * 3, dtype="uint32")
    assert method(NOISE, out=out) is out
    np.testing.assert_array_equal(out[:], method(NOISE))
    np.testing.assert_array_equal(unmended[0], unmended[1])
