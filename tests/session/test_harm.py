"""What is saved never spoils the image that is open."""

import h5py
import numpy as np
import pytest
import tifffile
import zarr

import annotat_nb as an
from annotat_nb.session.base import SessionError

SHAPE = (2, 6, 8)
PLANES = np.arange(np.prod(SHAPE), dtype="u2").reshape(SHAPE)
OME = """<?xml version="1.0"?>
<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">
<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="8" SizeY="6" SizeZ="2" SizeC="1"
SizeT="1"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>
<TiffData IFD="0" FirstZ="0" PlaneCount="1"/><TiffData IFD="0" FirstZ="1" PlaneCount="1">
<UUID FileName="b.ome.tif">urn:uuid:11111111-1111-1111-1111-111111111111</UUID></TiffData>
</Pixels></Image></OME>"""


def detached(folder):
    behind = folder / "d_8x6x2_16bits.raw"
    PLANES.tofile(behind)
    head = "NRRD0004\ntype: ushort\ndimension: 3\nsizes: 8 6 2\nencoding: raw\nendian: little\n"
    (folder / "d.nhdr").write_text(f"{head}data file: {behind.name}\n")
    return folder / "d.nhdr", behind


def linked(folder):
    with h5py.File(folder / "a.h5", "w") as file, h5py.File(folder / "b.h5", "w") as other:
        other["data"] = PLANES
        file["link"] = h5py.ExternalLink("b.h5", "data")
    return folder / "a.h5", folder / "b.h5"


def virtual(folder):
    linked(folder)
    layout = h5py.VirtualLayout(SHAPE, "u2")
    layout[:] = h5py.VirtualSource("b.h5", "data", SHAPE)
    with h5py.File(folder / "v.h5", "w") as file:
        file.create_virtual_dataset("v", layout)
    return folder / "v.h5", folder / "b.h5"


def in_two(folder):
    tifffile.imwrite(folder / "a.ome.tif", PLANES[0], description=OME, metadata=None)
    tifffile.imwrite(folder / "b.ome.tif", PLANES[1], metadata=None)
    return folder / "a.ome.tif", folder / "b.ome.tif"


def picked(folder):
    (folder / "picked").mkdir()
    tifffile.imwrite(folder / "s.tif", PLANES[0])
    (folder / "picked" / "s.tif").symlink_to(folder / "s.tif")
    return folder / "picked", folder / "s.tif"


@pytest.mark.parametrize("kind", [detached, linked, virtual, in_two, picked])
def test_files_behind_the_image_are_never_written_over(tmp_path, kind):
    image, behind = kind(tmp_path)
    before = behind.read_bytes()
    volume = an.read(image)
    with an.Session(volume, workspace=tmp_path / "w.annotat") as session:
        _refuse_and_allow(session, behind)
    with an.open(tmp_path / "w.annotat") as session:
        _refuse_and_allow(session, behind)
    assert behind.read_bytes() == before


def _refuse_and_allow(session, behind):
    session.load_superpixels(_ones(session, behind.with_name("ones.tif")))
    # A RAW of superpixels would get other bits into its name.
    saves = [session.save_superpixels, session.save_label]
    session.load_label(behind.with_name("ones.tif"))
    if behind.suffix == ".raw":
        saves = [lambda path: session.save_label(path, dtype="uint16")]
    for save in saves:
        with pytest.raises(SessionError, match=rf"^{behind.name}: is a part of the image "):
            save(behind)
    session.save_label(behind.with_name("ones.tif"))


def _ones(session, path):
    tifffile.imwrite(path, np.ones(session.volume.shape, "u4"), photometric="minisblack")
    return path


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("slices", "slices/l.tif", "lies in the folder slices"),
        ("slices/s*.tif", "slices/s9.tif", r"would be read as a slice of s\*\.tif"),
        ("*/**/s*.tif", "slices/s9.tif", r"would be read as a slice of s\*\.tif"),
        ("z.zarr", "z.zarr/l.tif", r"lies in the folder z\.zarr"),
        ("z.zarr", "z.zarr/c/l.zarr", r"lies in the folder z\.zarr"),
    ],
)
def test_nothing_is_put_where_it_would_be_a_part_of_the_image(tmp_path, source, target, words):
    (tmp_path / "slices").mkdir()
    for number, plane in enumerate(PLANES):
        tifffile.imwrite(tmp_path / "slices" / f"s{number}.tif", plane)
    zarr.create_array(str(tmp_path / "z.zarr"), data=PLANES)
    with an.Session(an.read(tmp_path / source)) as session:
        with pytest.raises(SessionError, match=words):
            session.save_annotation(tmp_path / target)
        assert session.save_annotation(tmp_path / "slices.tif").exists()
    assert not (tmp_path / target).exists()
    assert an.read(tmp_path / source).shape == SHAPE


def test_a_label_beside_slices_that_a_pattern_picks_is_saved(tmp_path):
    for number, plane in enumerate(PLANES):
        tifffile.imwrite(tmp_path / f"s{number}.tif", plane)
    with an.Session(an.read(tmp_path / "s*.tif")) as session:
        for name in ("labels.tif", "labels.tif", "s9.h5"):
            session.save_annotation(tmp_path / name)
    assert an.read(tmp_path / "s*.tif").shape == SHAPE


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nodir/x.tif", r"x\.tif: there is no folder .*nodir to write it in; make"),
        ("nul\0.tif", r"nul\\x00\.tif: has a name that no file can have; choose another name"),
        ("nul\0.raw", r"nul\\x00\.raw: has a name that no file can have; choose another name"),
    ],
)
def test_a_place_where_no_file_can_be_is_one_sentence(tmp_path, name, words):
    with an.Session(an.Volume(PLANES)) as session:
        session.load_label(_ones(session, tmp_path / "ones.tif"))
        for save in (session.save_label, session.save_annotation):
            with pytest.raises(an.WriteError, match=rf"^{words}"):
                save(tmp_path / name)


@pytest.mark.parametrize("suffix", [".tif", ".h5", ".zarr", ".nii.gz"])
def test_all_that_is_saved_keeps_the_voxel_size(tmp_path, suffix):
    volume = an.Volume(PLANES, voxel_size=(2, 0.5, 0.25), unit="µm")
    with an.Session(volume) as session:
        ones = _ones(session, tmp_path / "ones.tif")
        session.load_label(ones)
        session.load_superpixels(ones)
        for save in (session.save_label, session.save_superpixels, session.save_annotation):
            found = an.read(save(tmp_path / f"{save.__name__}{suffix}"))
            assert (found.voxel_size, found.unit) == (volume.voxel_size, "µm")
