import zipfile

import numpy as np
import pytest

from annotat_nb.io import ChoiceNeeded, ReadError, datasets, read

ZYX = np.arange(5 * 6 * 7, dtype="uint16").reshape(5, 6, 7)


@pytest.mark.parametrize("dtype", ["u1", ">u2", "i4", "f2", ">f8", "bool"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_numbers_come_back_exactly(tmp_path, dtype, order):
    data = np.asarray(ZYX.astype(dtype), order=order)
    np.save(tmp_path / "a.npy", data)
    np.savez_compressed(tmp_path / "b.npz", data)
    for volume in (read(tmp_path / "a.npy"), read(tmp_path / "b.npz")):
        assert volume.dtype == data.dtype.newbyteorder("=")
        np.testing.assert_array_equal(np.asarray(volume.data), data)


def test_a_file_is_mapped_and_never_writable(tmp_path):
    np.save(tmp_path / "a.npy", ZYX)
    data = read(tmp_path / "a.npy").data
    assert isinstance(data, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        data[0, 0, 0] = 1


def test_a_fourth_axis_is_picked(tmp_path):
    np.save(tmp_path / "a.npy", np.stack([ZYX, ZYX + 1]))
    with pytest.raises(ChoiceNeeded, match="pass time= or channel="):
        read(tmp_path / "a.npy")
    np.testing.assert_array_equal(read(tmp_path / "a.npy", channel=1).data, ZYX + 1)


def test_one_of_several_arrays_is_chosen(tmp_path):
    np.savez(tmp_path / "a.npz", raw=ZYX, other=ZYX.astype("f4"), line=np.arange(3))
    labels = ["raw: 5 x 6 x 7 uint16", "other: 5 x 6 x 7 float32"]
    assert [one.label for one in datasets(tmp_path / "a.npz")] == labels
    with pytest.raises(ChoiceNeeded, match=r"^a\.npz: holds 2 images; pass dataset='raw'"):
        read(tmp_path / "a.npz")
    np.testing.assert_array_equal(read(tmp_path / "a.npz", dataset="other").data, ZYX)
    with pytest.raises(ChoiceNeeded, match="has no array 'none'"):
        read(tmp_path / "a.npz", dataset="none")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            np.array([[None, {}]]),
            "holds object values, but an image holds real numbers; save it as n",
        ),
        (np.zeros((3, 4), "c8"), "holds complex64 values"),
        (np.zeros((3, 4), [("a", "u1")]), "but an image holds real numbers"),
        (np.zeros(9), "has the shape"),
        (np.zeros((0, 4, 4)), "has the shape"),
        (np.array(3), "has the shape"),
    ],
    ids=str,
)
def test_what_is_no_image_is_refused(tmp_path, data, sentence):
    np.save(tmp_path / "a.npy", data, allow_pickle=True)
    with pytest.raises(ReadError, match=r"^a\.npy: ") as error:
        read(tmp_path / "a.npy")
    assert sentence in str(error.value)


@pytest.mark.parametrize("kept", [1, 20, 100, 200, -1])
def test_a_file_cut_short_is_refused(tmp_path, kept):
    np.save(tmp_path / "a.npy", ZYX)
    np.savez(tmp_path / "b.npz", ZYX)
    for name in ("a.npy", "b.npz"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[:kept])
        with pytest.raises(ReadError, match=f"^{name}: "):
            read(tmp_path / name)


def test_a_header_that_lies_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", ZYX)
    content = (tmp_path / "a.npy").read_bytes().replace(b"(5, 6, 7)", b"(9**9,)  ")
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ReadError, match=r"^a\.npy: is damaged"):
        read(tmp_path / "a.npy")
    huge = content.replace(b"(9**9,)  ", b"(9999,6,9)")
    for name, content in {"a.npy": huge, "b.npz": None}.items():
        if content is None:
            with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("x.npy", huge)
        else:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ReadError, match=f"^{name}: (ends before|is damaged)"):
            read(tmp_path / name)


def test_an_array_larger_than_memory_is_not_unpacked(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", ZYX)
    monkeypatch.setattr("annotat_nb.io.gate.available_memory", lambda: 500)
    with pytest.raises(ReadError, match=r"^a\.npz: the image needs 548 bytes of memory"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_a_short_last_axis_behind_a_volume_is_one_of_channels(tmp_path, count, dtype):
    data = np.random.default_rng(0).integers(0, 99, (5, 20, 22, count)).astype(dtype)
    np.save(tmp_path / "a.npy", data)
    np.testing.assert_array_equal(read(tmp_path / "a.npy", channel=0).data, data[..., 0])
    if count == 1:
        np.testing.assert_array_equal(read(tmp_path / "a.npy").data, data[..., 0])
        return
    with pytest.raises(ChoiceNeeded, match=r"has 3 channels; pass channel= 0 … 2") as error:
        read(tmp_path / "a.npy")
    assert (error.value.keyword, len(error.value.candidates)) == ("channel", 3)


def test_axes_without_names_are_said_to_have_none(tmp_path):
    data = np.arange(720).reshape(2, 3, 4, 5, 6)
    np.save(tmp_path / "a.npy", data)
    said = r"axes \?\?ZYX\); pass time= and channel= to pick along the first two"
    with pytest.raises(ChoiceNeeded, match=said):
        read(tmp_path / "a.npy")
    np.testing.assert_array_equal(read(tmp_path / "a.npy", time=1, channel=2).data, data[1, 2])
    np.save(tmp_path / "b.npy", data[..., :1])
    np.testing.assert_array_equal(read(tmp_path / "b.npy", time=1).data, data[1, :, :, :, 0])


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"dataset": 0}, "dataset= takes a name without NUL, in quotes, got 0"),
        ({"dataset": "a\0"}, r"dataset= takes a name without NUL, in quotes, got 'a\\x00'"),
        ({"rgb": True}, "rgb= takes 'luminance' or a whole number, got True"),
        ({"time": 1.0}, r"time= takes a whole number, got 1\.0"),
    ],
)
def test_an_argument_of_a_wrong_type_is_named(tmp_path, how, sentence):
    np.save(tmp_path / "a.npy", ZYX)
    with pytest.raises(ReadError, match=rf"^a\.npy: was not opened, as {sentence}; correct"):
        read(tmp_path / "a.npy", **how)


def test_a_name_with_a_nul_is_refused(tmp_path):
    with pytest.raises(ReadError, match=r"has a NUL in its name, which no file has; check the"):
        read(tmp_path / "a\0.npy")
