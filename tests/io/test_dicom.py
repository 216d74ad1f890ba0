import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless, generate_uid

from annotat_nb.io import ChoiceNeeded, ReadError, datasets, read

ZYX = np.random.default_rng(0).integers(0, 4000, (5, 6, 7), dtype="uint16")
SERIES = generate_uid()


def write(file, pixels, syntax=ExplicitVRLittleEndian, **fields):
    """Write one image; `fields` are DICOM attributes."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax if syntax != RLELossless else ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.3", generate_uid()
    image = FileDataset(str(file), {}, file_meta=meta, preamble=bytes(128))
    image.SOPClassUID, image.SOPInstanceUID = "1.2.3", meta.MediaStorageSOPInstanceUID
    image.SeriesInstanceUID, image.Modality = SERIES, "CT"
    samples = 3 if pixels.shape[-1] == 3 else 1
    plane = pixels.shape[-3:-1] if samples == 3 else pixels.shape[-2:]
    image.Rows, image.Columns = plane
    image.SamplesPerPixel = samples
    image.PhotometricInterpretation = "RGB" if samples == 3 else "MONOCHROME2"
    if samples == 3:
        image.PlanarConfiguration = 0
    image.BitsAllocated = image.BitsStored = 8 * pixels.itemsize
    image.HighBit, image.PixelRepresentation = image.BitsStored - 1, int(pixels.dtype.kind == "i")
    image.PixelData = pixels.tobytes()
    for name, value in fields.items():
        setattr(image, name, value)
    if syntax == RLELossless:
        image.compress(RLELossless)
    image.save_as(file, enforce_file_format=True)


def write_series(folder, data=ZYX, step=2.5, **fields):
    """Write slices under shuffled names, lying along z at distances of `step` mm."""
    folder.mkdir(exist_ok=True)
    for z, pixels in enumerate(data):
        place = {
            "ImagePositionPatient": [10, -20, -100 + z * step],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "PixelSpacing": [0.5, 0.25],
            "InstanceNumber": len(data) - z,
        }
        write(folder / f"{(7 * z + 3) % 11}-{z}.dcm", pixels, **place | fields)
    return folder


def equal(volume, expected):
    data = np.asarray(volume.data)
    assert data.dtype == volume.dtype == expected.dtype
    np.testing.assert_array_equal(data, expected)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless])
def test_slices_are_sorted_by_where_they_lie(tmp_path, syntax):
    volume = read(write_series(tmp_path / "scan", syntax=syntax))
    equal(volume, ZYX)
    assert (volume.voxel_size, volume.unit) == ((2.5, 0.5, 0.25), "mm")


def test_slices_without_positions_are_sorted_by_number(tmp_path):
    fields = {"ImagePositionPatient": None, "SliceThickness": 3}
    volume = read(write_series(tmp_path / "scan", **fields))
    equal(volume, ZYX[::-1])
    assert volume.voxel_size == (3, 0.5, 0.25)


def test_oblique_slices_are_sorted_along_their_normal(tmp_path):
    for z, pixels in enumerate(ZYX):
        fields = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1], "PixelSpacing": [1, 1]}
        place = [-2.0 * z, 5, 5]
        write(tmp_path / f"{z}.dcm", pixels, ImagePositionPatient=place, **fields)
    volume = read(tmp_path)
    equal(volume, ZYX)
    assert volume.voxel_size == (2, 1, 1)


@pytest.mark.parametrize(
    ("slope", "start", "dtype"),
    [(1, -1024, "int16"), (1, 0, "uint16"), (0.5, 3, "float32"), (1, -1024.5, "float32")],
)
def test_values_are_rescaled_in_the_type_that_holds_them(tmp_path, slope, start, dtype):
    fields = {"RescaleSlope": slope, "RescaleIntercept": start, "BitsStored": 12, "HighBit": 11}
    volume = read(write_series(tmp_path / "scan", **fields))
    equal(volume, (ZYX * float(slope) + start).astype(dtype))


def test_one_series_of_several_is_chosen(tmp_path):
    other = generate_uid()
    write_series(tmp_path / "scan", SeriesDescription="<b>thorax</b>")
    fields = {"SeriesInstanceUID": other, "SeriesDescription": "scout"}
    write(tmp_path / "scan" / "scout.dcm", ZYX[0, :3], **fields)
    with pytest.raises(ChoiceNeeded, match=r"^scan: holds 2 series") as error:
        read(tmp_path / "scan")
    assert {one.value for one in error.value.candidates} == {SERIES, other}
    assert {one.label for one in datasets(tmp_path / "scan")} == {
        "<b>thorax</b>: 5 x 6 x 7",
        "scout: 1 x 3 x 7",
    }
    equal(read(tmp_path / "scan", dataset=SERIES), ZYX)
    equal(read(tmp_path / "scan", dataset=other), ZYX[:1, :3])


@pytest.mark.parametrize(
    ("numbers", "labels"),
    [
        ((2, 5), ["CT (series 2): 5 x 6 x 7", "CT (series 5): 5 x 6 x 7"]),
        ((None, None), ["CT: 5 x 6 x 7, from a0.dcm", "CT: 5 x 6 x 7, from b0.dcm"]),
    ],
)
def test_series_of_one_size_are_told_apart(tmp_path, numbers, labels):
    for letter, number in zip("ab", numbers, strict=True):
        uid = generate_uid()
        for z, pixels in enumerate(ZYX):
            fields = {"SeriesInstanceUID": uid, "SeriesNumber": number, "InstanceNumber": z}
            write(tmp_path / f"{letter}{z}.dcm", pixels, **fields)
    assert [one.label for one in datasets(tmp_path)] == labels


def test_time_points_at_the_same_places_are_picked(tmp_path):
    for time in (0, 1):
        for z, pixels in enumerate(ZYX):
            fields = {"ImagePositionPatient": [0, 0, z], "InstanceNumber": 10 * time + z}
            fields["ImageOrientationPatient"] = [1, 0, 0, 0, 1, 0]
            write(tmp_path / f"{z}-{time}.dcm", pixels + time, **fields)
    with pytest.raises(ChoiceNeeded, match="has 2 time points"):
        read(tmp_path)
    equal(read(tmp_path, time=1), ZYX + 1)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
def test_frames_of_one_file_are_slices(tmp_path, syntax):
    fields = {"NumberOfFrames": 5, "PixelSpacing": [0.5, 0.25], "SpacingBetweenSlices": 4}
    write(tmp_path / "a.dcm", ZYX, syntax, **fields)
    volume = read(tmp_path / "a.dcm")
    equal(volume, ZYX)
    assert volume.voxel_size == (4, 0.5, 0.25)


def test_colours_are_picked(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (6, 7, 3), dtype="uint8")
    write(tmp_path / "a.dcm", rgb)
    with pytest.raises(ChoiceNeeded, match="3 values a pixel"):
        read(tmp_path / "a.dcm")
    equal(read(tmp_path / "a.dcm", rgb=2), rgb[None, ..., 2])


def test_slices_are_decoded_when_they_are_asked_for(tmp_path, monkeypatch):
    folder, decoded = write_series(tmp_path / "scan"), []
    pixel_array = pydicom.pixels.pixel_array

    def counted(file, **how):
        decoded.append(file)
        return pixel_array(file, **how)

    monkeypatch.setattr(pydicom.pixels, "pixel_array", counted)
    volume = read(folder)
    volume.slice("z", 3)
    volume.slice("z", 3)
    assert len(decoded) == 2


def test_a_missing_slice_is_noticed(tmp_path):
    folder = write_series(tmp_path / "scan")
    next(folder.glob("*-2.dcm")).unlink()
    with pytest.raises(ReadError, match=r"^scan: lacks slices: two lie 5 mm apart"):
        read(folder)


def test_a_slice_of_another_size_is_named(tmp_path):
    folder = write_series(tmp_path / "scan")
    write(folder / "odd.dcm", ZYX[0, :3])
    with pytest.raises(ReadError, match=r"^scan: .*\.dcm differs from the other slices"):
        read(folder)


def test_a_gap_in_the_numbers_is_noticed_where_there_are_no_positions(tmp_path):
    folder = write_series(tmp_path / "scan", ImagePositionPatient=None)
    next(folder.glob("*-2.dcm")).unlink()
    with pytest.raises(ReadError, match=r"^scan: lacks slices: none has a number between 2 and 4"):
        read(folder)


def test_a_slice_too_many_is_named(tmp_path):
    folder = write_series(tmp_path / "scan")
    place = {"ImagePositionPatient": [10, -20, -95], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
    write(folder / "again.dcm", ZYX[2], InstanceNumber=99, **place)
    with pytest.raises(ReadError, match=r"^scan: again\.dcm lies where another slice lies"):
        read(folder)


@pytest.mark.parametrize(
    ("name", "dtype"), [("FloatPixelData", "float32"), ("DoubleFloatPixelData", "float64")]
)
def test_floating_point_pixels_are_those_of_pydicom(tmp_path, name, dtype):
    data = np.random.default_rng(0).normal(size=(6, 7)).astype(dtype)
    write(tmp_path / "a.dcm", ZYX[0], BitsAllocated=8 * data.itemsize)
    image = pydicom.dcmread(tmp_path / "a.dcm")
    for tag in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(image, tag)
    setattr(image, name, data.tobytes())
    image.save_as(tmp_path / "a.dcm")
    equal(read(tmp_path / "a.dcm"), data[None])
    np.testing.assert_array_equal(pydicom.dcmread(tmp_path / "a.dcm").pixel_array, data)


def test_a_file_without_pixels_says_so(tmp_path):
    write(tmp_path / "a.dcm", ZYX[0])
    image = pydicom.dcmread(tmp_path / "a.dcm")
    del image.PixelData
    image.save_as(tmp_path / "a.dcm")
    with pytest.raises(ReadError, match=r"^a\.dcm: holds no image; give"):
        read(tmp_path / "a.dcm")


def item(**fields):
    """Make a sequence of one item."""
    found = pydicom.Dataset()
    for name, value in fields.items():
        setattr(found, name, value)
    return pydicom.Sequence([found])


@pytest.mark.parametrize("slopes", [[2.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]])
def test_frames_that_are_described_one_by_one_are_put_in_place_and_rescaled(tmp_path, slopes):
    heights = [12, 3, 9, 0, 6]
    shared = item(
        PixelMeasuresSequence=item(PixelSpacing=[0.5, 0.25], SliceThickness=9),
        PlaneOrientationSequence=item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
    )
    frames = [
        item(
            PlanePositionSequence=item(ImagePositionPatient=[0, 0, z]),
            PixelValueTransformationSequence=item(RescaleSlope=slope, RescaleIntercept=-1024),
        )[0]
        for z, slope in zip(heights, slopes, strict=True)
    ]
    groups = {"SharedFunctionalGroupsSequence": shared}
    groups["PerFrameFunctionalGroupsSequence"] = pydicom.Sequence(frames)
    write(tmp_path / "a.dcm", ZYX, NumberOfFrames=5, **groups)
    volume = read(tmp_path / "a.dcm")
    meant = ZYX * np.reshape(slopes, (5, 1, 1)) - 1024
    equal(volume, meant[np.argsort(heights)].astype("float32"))
    assert (volume.voxel_size, volume.unit) == ((3, 0.5, 0.25), "mm")
    groups["PerFrameFunctionalGroupsSequence"] = pydicom.Sequence(frames[:4])
    write(tmp_path / "a.dcm", ZYX, NumberOfFrames=5, **groups)
    with pytest.raises(ReadError, match=r"^a\.dcm: describes 4 frames but holds 5"):
        read(tmp_path / "a.dcm")


def test_files_without_suffix_are_known_by_their_content(tmp_path):
    folder = write_series(tmp_path / "SE0")
    for number, file in enumerate(sorted(folder.iterdir())):
        file.rename(folder / f"IM{number}")
    (folder / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    (folder / "notes").write_text("of a radiographer")
    equal(read(folder), ZYX)
    assert [one.label for one in datasets(folder)] == ["CT: 5 x 6 x 7"]
    assert read(folder / "IM2").shape == (1, 6, 7)
    with pytest.raises(ReadError, match=r"^notes: has no suffix"):
        read(folder / "notes")


@pytest.mark.parametrize("kept", [1, 140, 400, -40])
def test_a_file_cut_short_is_refused(tmp_path, kept):
    write(tmp_path / "a.dcm", ZYX[0])
    content = (tmp_path / "a.dcm").read_bytes()
    (tmp_path / "a.dcm").write_bytes(content[:kept])
    said = "ends before its last pixel: it is truncated" if kept == -40 else ""
    with pytest.raises(ReadError, match=rf"^a\.dcm: {said}"):
        read(tmp_path / "a.dcm")


def test_an_absurd_size_is_refused(tmp_path):
    write(tmp_path / "a.dcm", ZYX[0], NumberOfFrames=10**8)
    with pytest.raises(ReadError, match=r"^a\.dcm: ends before its last pixel"):
        read(tmp_path / "a.dcm")


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.80", "1.2.3.4"])
def test_packing_that_cannot_be_undone_is_named(tmp_path, uid):
    write(tmp_path / "a.dcm", ZYX[0])
    image = pydicom.dcmread(tmp_path / "a.dcm")
    image.file_meta.TransferSyntaxUID = uid
    with (tmp_path / "a.dcm").open("wb") as file:
        file.write(bytes(128) + b"DICM")
        pydicom.filewriter.write_file_meta_info(file, image.file_meta)
    with pytest.raises(ReadError, match=r"^a\.dcm: is packed as .*, which is not read; export"):
        read(tmp_path / "a.dcm")


def test_what_is_no_dicom_is_refused(tmp_path):
    (tmp_path / "a.dcm").write_bytes(b"nothing")
    said = r"^a\.dcm: is no DICOM image though its name says so; "
    with pytest.raises(ReadError, match=said + "check its format"):
        read(tmp_path / "a.dcm")
    with pytest.raises(ReadError, match=f"{said}move it out of the folder {tmp_path.name}"):
        read(tmp_path)


def test_a_slice_that_is_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "day" / "scan"
    folder.mkdir(parents=True)
    write_series(folder)
    file = min(folder.iterdir())
    file.rename(tmp_path / file.name)
    file.symlink_to(tmp_path / file.name)
    with pytest.raises(ReadError, match="which is outside its folder"):
        read(folder)
