import gzip
import os

import nibabel
import numpy as np
import pytest

from annotat_nb.io import ChoiceNeeded, ReadError, read

XYZ = np.arange(7 * 6 * 5, dtype="int16").reshape(7, 6, 5)
AFFINE = np.diag([-0.5, 0.25, 2.0, 1.0])


def write(path, data=XYZ, kind=nibabel.Nifti1Image, **fields):
    image = kind(data, AFFINE, dtype=data.dtype if data.dtype.kind in "iu" else None)
    image.header.set_xyzt_units("mm", "sec")
    for name, value in fields.items():
        image.header[name] = value
    nibabel.save(image, path)
    return path


def equal(volume, expected):
    data = np.asarray(volume.data)
    assert data.dtype == volume.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(data, expected)


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "A.NII"])
def test_the_pixels_are_those_of_nibabel_in_reverse_order(tmp_path, name, kind):
    path = write(tmp_path / name, kind=kind)
    volume = read(path)
    equal(volume, np.asarray(nibabel.load(path).dataobj).transpose())
    assert (volume.voxel_size, volume.unit) == ((2.0, 0.25, 0.5), "mm")


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", ">i2", "i4", "f4", ">f8", "u8"])
def test_any_numbers_come_back_exactly(tmp_path, dtype):
    data = XYZ.astype(dtype)
    header = nibabel.Nifti1Header(endianness=">" if dtype[0] == ">" else "<")
    header.set_data_dtype(data.dtype)
    nibabel.save(nibabel.Nifti1Image(data, AFFINE, header), tmp_path / "a.nii")
    equal(read(tmp_path / "a.nii"), data.transpose())


@pytest.mark.parametrize("name", ["a.hdr", "a.img"])
def test_a_pair_of_files_is_read_by_either(tmp_path, name):
    write(tmp_path / "a.hdr", kind=nibabel.Nifti1Pair)
    equal(read(tmp_path / name), XYZ.transpose())


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_scaled_values_are_those_of_nibabel(tmp_path, name):
    path = write(tmp_path / name)
    content = bytearray(
        gzip.decompress(path.read_bytes()) if name[-1] == "z" else path.read_bytes()
    )
    content[112:120] = np.array([0.5, -1024.0], "<f4").tobytes()
    path.write_bytes(gzip.compress(content) if name[-1] == "z" else content)
    expected = nibabel.load(path).get_fdata(dtype="float32").transpose()
    assert expected.min() == -1024
    equal(read(path), expected)
    np.testing.assert_array_equal(read(path).slice("y", 2), expected[:, 2])


def test_time_is_picked(tmp_path):
    data = np.stack([XYZ, XYZ + 1], -1)
    path = write(tmp_path / "a.nii", data)
    with pytest.raises(ChoiceNeeded, match="has 2 time points"):
        read(path)
    equal(read(path, time=1), data[..., 1].transpose())


def test_colours_are_picked(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (7, 6, 5, 3), dtype="uint8")
    typed = np.ascontiguousarray(rgb).view([("R", "u1"), ("G", "u1"), ("B", "u1")])[..., 0]
    nibabel.save(nibabel.Nifti1Image(typed, AFFINE), tmp_path / "a.nii")
    with pytest.raises(ChoiceNeeded, match="3 values a pixel"):
        read(tmp_path / "a.nii")
    equal(read(tmp_path / "a.nii", rgb=2), rgb[..., 2].transpose())


def test_a_plain_file_is_mapped(tmp_path):
    data = read(write(tmp_path / "a.nii")).data
    assert isinstance(data, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        data[0, 0, 0] = 1


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("kept", [1, 100, 400, -1])
def test_a_file_cut_short_is_refused(tmp_path, name, kept):
    path = write(tmp_path / name)
    plain = path.read_bytes() if name == "a.nii" else gzip.decompress(path.read_bytes())
    path.write_bytes(plain[:kept] if name == "a.nii" else gzip.compress(plain[:kept]))
    with pytest.raises(ReadError, match=rf"^{name}: (ends|is not|is damaged)"):
        read(path)
    if name == "a.nii.gz":
        path.write_bytes(gzip.compress(plain)[:-40])
        with pytest.raises(ReadError, match=r"^a\.nii\.gz: ends before its last value"):
            read(path)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_30000_squared_by_3000_in_352_bytes_is_refused(tmp_path, name):
    header = nibabel.Nifti1Header()
    header.set_data_dtype("u2")
    header.set_data_shape((30000, 30000, 3000))
    header["magic"], header["vox_offset"] = b"n+1", 352
    content = header.binaryblock + bytes(4)
    (tmp_path / name).write_bytes(gzip.compress(content) if name[-1] == "z" else content)
    with pytest.raises(ReadError, match=rf"^{name}: (ends before|declares 5.4 TB)"):
        read(tmp_path / name)


@pytest.mark.parametrize("content", [b"nothing", bytes(600), os.urandom(600)])
def test_what_is_no_nifti_is_refused(tmp_path, content):
    (tmp_path / "a.nii").write_bytes(content)
    with pytest.raises(ReadError, match=r"^a\.nii: is not NIfTI"):
        read(tmp_path / "a.nii")


def test_the_data_of_a_pair_may_not_lie_elsewhere(tmp_path):
    (tmp_path / "scan").mkdir()
    write(tmp_path / "scan" / "a.hdr", kind=nibabel.Nifti1Pair)
    (tmp_path / "scan" / "a.img").rename(tmp_path / "b.img")
    (tmp_path / "scan" / "a.img").symlink_to(tmp_path / "b.img")
    with pytest.raises(ReadError, match=r"^a\.hdr: draws on .* outside its folder"):
        read(tmp_path / "scan" / "a.hdr")


def test_a_packed_file_without_its_checksum_is_truncated(tmp_path):
    path = write(tmp_path / "a.nii.gz")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(ReadError, match=r"^a\.nii\.gz: ends before its last value: it is trunc"):
        read(path)


def test_an_offset_below_nothing_is_named(tmp_path):
    path = write(tmp_path / "a.nii")
    content = bytearray(path.read_bytes())
    content[108:112] = np.float32(-16).tobytes()
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"^a\.nii: says that its values begin at byte -16"):
        read(path)
