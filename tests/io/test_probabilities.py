import numpy as np
import pytest

from annotat_nb.io import WriteError, read, write_probabilities

SHARES = np.random.default_rng(0).random((3, 20, 6, 7)).astype("float32")


def test_each_class_is_a_channel(tmp_path):
    names = ["air", "bone & ink", "<b>"]
    path = write_probabilities(
        tmp_path / "p.tif", SHARES, names=names, voxel_size=(2, 1, 1), unit="µm"
    )
    for number, shares in enumerate(SHARES):
        volume = read(path, channel=number)
        np.testing.assert_array_equal(volume.data, shares)
        assert (volume.voxel_size, volume.unit) == ((2, 1, 1), "µm")


def test_one_slice_and_one_class_are_written_too(tmp_path):
    path = write_probabilities(tmp_path / "p.tif", SHARES[:1, :1])
    np.testing.assert_array_equal(read(path).data, SHARES[0, :1])


def test_only_a_few_slices_are_asked_for_at_once(tmp_path):
    class Lazy:
        shape = SHARES.shape

        def __getitem__(self, key):
            assert len(range(*key[1].indices(20))) <= 16
            return SHARES[key]

    np.testing.assert_array_equal(
        read(write_probabilities(tmp_path / "p.tif", Lazy()), channel=2).data, SHARES[2]
    )


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(WriteError, match=r"^p\.nii: probabilities cannot be saved as '\.nii'"):
        write_probabilities(tmp_path / "p.nii", SHARES)
