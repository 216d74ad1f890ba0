"""Files that are bad in known ways: each is refused in one sentence, soon and in little memory."""

import json
import struct
import zlib
from pathlib import Path

import h5py
import imagecodecs
import numpy as np
import pytest
import tifffile

from annotat_nb.io import WRITERS, write_labels
from annotat_nb.io.reader import suffix_of

IMAGE = np.arange(24, dtype="uint16").reshape(2, 3, 4)
MEGABYTES = 200


def refused_in_little(result, path):
    assert result.outcome == "refused", result
    assert result.message.startswith(f"{path.name}: "), result.message
    assert result.seconds <= 1, result
    assert result.grown <= MEGABYTES * 1e6, result


# TIFF


def tiff_header(path, entries, *, next_directory=0, size=130):
    """Write a TIFF that is a directory of LONG tags only."""
    tags = b"".join(
        struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items())
    )
    head = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(entries))
    path.write_bytes((head + tags + struct.pack("<I", next_directory)).ljust(size, b"\0"))


def huge_tiff(path):
    tiff_header(path, {256: 200_000, 257: 200_000, 258: 8, 262: 1, 273: 8, 278: 200_000, 279: 100})


def looping_tiff(path):
    entries = {256: 4, 257: 3, 258: 8, 262: 1, 273: 8, 278: 3, 279: 12}
    tiff_header(path, entries, next_directory=8)


def truncated(**how):
    def make(path):
        noise = np.random.default_rng(0).integers(0, 999, (9, 64, 64), dtype="uint16")
        tifffile.imwrite(path, noise, photometric="minisblack", **how)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    return make


def straying_ome(path):
    tifffile.imwrite(path, IMAGE, ome=True, photometric="minisblack")
    xml = tifffile.tiffcomment(path)
    uuid = "<UUID FileName='../b.ome.tif'>urn:uuid:00000000-0000-0000-0000-000000000000</UUID>"
    end = xml.index("/>", xml.index("<TiffData"))
    tifffile.tiffcomment(path, f"{xml[:end]}>{uuid}</TiffData>{xml[end + 2 :]}".encode())


# HDF5


def huge_hdf5(path):
    layout = h5py.VirtualLayout((2_000_000, 2_000_000, 1_000), "uint16")
    with h5py.File(path, "w") as file:
        file.create_virtual_dataset("data", layout)


def hdf5_with_a_damaged_index(path):
    """Damage what crashed HDF5 itself when it was asked for all that it knows of a dataset."""
    shape = (3, 20, 24)
    with h5py.File(path, "w", libver="latest") as file:
        file.create_dataset(
            "data", data=np.ones(shape), chunks=(1, 8, 8), maxshape=(None, None, 24)
        )
    content = bytearray(path.read_bytes())
    content[content.index(b"BTHD") + 8] ^= 255
    path.write_bytes(content)


def empty_huge_hdf5(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("data", (2_000_000, 2_000_000, 1_000), "uint16", chunks=(1, 64, 64))


def hdf5_with_raw_data_elsewhere(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("data", (2, 3, 4), "uint8", external=[("/etc/passwd", 0, 24)])


def hdf5_with_a_link_out(path):
    outside = path.parent.parent / f"{path.parent.name}-outside.h5"
    with h5py.File(outside, "w") as file:
        file["data"] = IMAGE
    with h5py.File(path, "w") as file:
        file["data"] = h5py.ExternalLink(str(outside), "/data")


# Zarr


def zarr_2(path, chunk=bytes(48), **changes):
    path.mkdir()
    metadata = {
        "zarr_format": 2,
        "shape": [2, 3, 4],
        "chunks": [2, 3, 4],
        "dtype": "<u2",
        "compressor": None,
        "filters": None,
        "fill_value": 0,
        "order": "C",
    }
    (path / ".zarray").write_text(json.dumps(metadata | changes))
    (path / "0.0.0").write_bytes(chunk)


def zarr_bomb(path):
    packer = zlib.compressobj(9)
    head = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    body = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    zarr_2(path, head + body * 1000, compressor={"id": "zlib", "level": 9})  # 1 GB


def zarr_of_objects(path):
    zarr_2(path, dtype="|O", filters=[{"id": "pickle"}])


def zarr_with_pickle(path):
    zarr_2(path, filters=[{"id": "pickle", "protocol": 5}])


def huge_zarr(path):
    zarr_2(path, shape=[2**40, 2**40, 4], chunks=[2**20, 2**20, 4])


def zarr_with_a_stray_chunk(path):
    zarr_2(path)
    (path / "0.0.0").unlink()
    (path / "0.0.0").symlink_to("/etc/passwd")


# NIfTI


def huge_nifti(path):
    header = bytearray(352)
    struct.pack_into("<i8h", header, 0, 348, *[0] * 8)
    struct.pack_into("<8h", header, 40, 3, 30_000, 30_000, 3_000, 1, 1, 1, 1)
    struct.pack_into("<hh", header, 70, 4, 16)
    struct.pack_into("<4f", header, 76, 1, 1, 1, 1)
    struct.pack_into("<f", header, 108, 352)
    header[344:348] = b"n+1\0"
    path.write_bytes(header)


# The rest


def huge_npy(path):
    header = np.lib.format.header_data_from_array_1_0(IMAGE) | {"shape": (2**20, 2**20, 4)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)


def object_npy(path):
    np.save(path, np.array([[None, {}]], object), allow_pickle=True)


def huge_png(path):
    content = bytearray(imagecodecs.png_encode(np.zeros((4, 4), "uint8")))
    struct.pack_into(">II", content, 16, 200_000, 200_000)
    struct.pack_into(">I", content, 29, zlib.crc32(content[12:29]))
    path.write_bytes(content)


BAD = {
    "a TIFF of 200,000² in 130 bytes": (".tif", huge_tiff, ""),
    "a TIFF whose directories form a loop": (".tif", looping_tiff, "loop"),
    "a truncated TIFF": (".tif", truncated(), "truncated"),
    "a truncated compressed TIFF": (".tif", truncated(compression="zlib"), ""),
    "a truncated LZW TIFF of tiles": (".tif", truncated(compression="lzw", tile=(16, 16)), ""),
    "an OME-TIFF with a companion elsewhere": (".ome.tif", straying_ome, "outside its folder"),
    "a file of nothing": (".tif", lambda path: path.touch(), "is empty"),
    "a text named as a TIFF": (".tif", lambda path: path.write_text("hello"), "is not a TIFF"),
    "a RAW of another size": (
        "_4x3x2_16bits.raw",
        lambda path: path.write_bytes(bytes(36)),
        "these would fit: shape=(3, 3, 4) dtype=uint8",
    ),
    "a PNG of 200,000² in 70 bytes": (".png", huge_png, ""),
    "an HDF5 of 8,000 TB, virtual": (".h5", huge_hdf5, ""),
    "an HDF5 of 8,000 TB, never written": (".h5", empty_huge_hdf5, ""),
    "an HDF5 with a damaged index of its chunks": (".h5", hdf5_with_a_damaged_index, ""),
    "an HDF5 with its pixels in a raw file": (".h5", hdf5_with_raw_data_elsewhere, ""),
    "an HDF5 with a link out of the roots": (".h5", hdf5_with_a_link_out, ""),
    "a Zarr bomb": (".zarr", zarr_bomb, ""),
    "a Zarr of objects": (".zarr", zarr_of_objects, ""),
    "a Zarr with a pickle filter": (".zarr", zarr_with_pickle, "pickle"),
    "a Zarr with chunks of 8 TB": (".zarr", huge_zarr, ""),
    "a Zarr with a linked chunk": (".zarr", zarr_with_a_stray_chunk, ""),
    "a NIfTI of 30000×30000×3000 in 352 bytes": (".nii", huge_nifti, ""),
    "an npy of 8 TB in 128 bytes": (".npy", huge_npy, ""),
    "an npy of pickled objects": (".npy", object_npy, ""),
}
"""What it is: suffix, maker and words of the sentence."""


@pytest.mark.parametrize("entry", [name for name in BAD if suffix_of(Path(BAD[name][0]))])
def test_a_bad_file_is_refused_soon_and_in_little_memory(tmp_path, limited, entry):
    ending, make, words = BAD[entry]
    path = tmp_path / f"a{ending}"
    make(path)
    result = limited(path)
    refused_in_little(result, path)
    assert words in result.message


# Labels

BAD_LABELS = {
    "negative": (np.full((2, 3, 4), -1, "int16"), "holds -1 … -1, but labels are 0 … 65535"),
    "above 65535": (np.full((2, 3, 4), 65536, "uint32"), "but labels are 0 … 65535"),
    "sparse huge ids": (
        np.arange(24, dtype="int64").reshape(2, 3, 4) << 40,
        "labels are 0 … 65535",
    ),
    "floats": (np.ones((2, 3, 4), "float32"), "labels are integers"),
    "swapped axes": (np.ones((4, 3, 2), "uint8"), "(4, 3, 2), but the image has (2, 3, 4)"),
    "another shape": (np.ones((2, 3, 5), "uint8"), "(2, 3, 5), but the image has (2, 3, 4)"),
}


@pytest.mark.parametrize("entry", BAD_LABELS)
def test_bad_labels_are_refused_soon_and_in_little_memory(tmp_path, limited, entry):
    data, words = BAD_LABELS[entry]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, data, photometric="minisblack")
    result = limited(path, "labels", shape=(2, 3, 4))
    refused_in_little(result, path)
    assert words in result.message


@pytest.mark.parametrize("suffix", [suffix for suffix in WRITERS if suffix_of(Path(suffix))])
@pytest.mark.parametrize("act", ["labels", "markers"])
def test_a_label_of_another_shape_is_refused_in_every_format(tmp_path, limited, suffix, act):
    path = write_labels(tmp_path / f"a{suffix}", IMAGE)
    result = limited(path, act, shape=(4, 3, 2))
    refused_in_little(result, path)
    assert "(2, 3, 4), but the image has (4, 3, 2)" in result.message


# Names

ODD_NAMES = {
    "HTML": "<img src=x onerror=alert(1)>.tif",
    "right-to-left override": "scan\u202effit.tif",
    "a newline": "scan\nError: all is lost.tif",
    "a leading dash": "-rf.tif",
    "a wildcard": "scan[1]*?.tif",
    "no character of Unicode": "scan\udcff.tif",
    "the longest there is": f"{'n' * 251}.tif",
    "a way up": "../a.tif",
}


@pytest.mark.parametrize("entry", ODD_NAMES)
def test_a_file_of_an_odd_name_opens(tmp_path, limited, entry):
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / ODD_NAMES[entry]
    tifffile.imwrite(path, IMAGE, photometric="minisblack")
    result = limited(path)
    assert (result.outcome, result.crc) == ("opened", zlib.crc32(IMAGE)), result


@pytest.mark.parametrize("entry", ODD_NAMES)
def test_a_bad_file_of_an_odd_name_is_refused_in_one_printable_line(tmp_path, limited, entry):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / ODD_NAMES[entry]).write_text("hello")
    result = limited(folder / ODD_NAMES[entry])
    assert result.outcome == "refused", result
    assert result.message.isprintable()
    assert result.message.endswith("is not a TIFF file, whatever its name says; check its format")


def test_a_name_longer_than_there_can_be_is_refused(tmp_path, limited):
    path = tmp_path / f"{'n' * 300}.tif"
    refused_in_little(limited(path), path)
