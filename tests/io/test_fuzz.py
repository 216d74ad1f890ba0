"""Files with random damage: an image or one sentence, soon and in little memory, never a crash."""

import contextlib
import gzip
import json
import random
import re
import shutil
import struct
from inspect import isabstract
from io import BytesIO

import h5py
import imagecodecs
import nibabel
import numpy as np
import pytest
import tifffile
import zarr

from annotat_nb.annotation import LabelClass
from annotat_nb.classify import Classifier, Marks, Pipeline, Segmenter, TrainedClassifier
from annotat_nb.classify.classifier_file import write_classifier
from annotat_nb.classify.training_file import write_training_data
from annotat_nb.features import Gaussian, Identity
from annotat_nb.io import MARKER_SUFFIXES, READERS, WRITERS, write_labels, write_markers
from annotat_nb.io.array_file import read_arrays, write_arrays
from annotat_nb.operation import kinds_of
from annotat_nb.volume import Volume

SOAK = [pytest.mark.soak, pytest.mark.timeout(3600)]
IMAGE = np.random.default_rng(0).integers(0, 900, (3, 20, 24), dtype="uint16")
CLASSES = [{"id": 0, "name": "Background"}, {"id": 1, "name": "bone", "color": "#e69f00"}]
EXTREMES = [0, 1, 2**15 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1]
NUMBERS = [b"0", b"-1", b"1e308", b"65536", b"2147483647", b"99999999999999999999", b"null", b'"a"']
NRRD = (
    "NRRD0004\ntype: uint16\ndimension: 3\nsizes: 24 20 3\nspacings: 1 1 2\nendian: little\n"
    "encoding: {}\n\n"
)
META = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
    "DimSize = 24 20 3\nElementSpacing = 1 1 2\nElementType = MET_USHORT\nElementDataFile = {}\n"
)


def tiff(**how):
    file = BytesIO()
    tifffile.imwrite(file, IMAGE, photometric="minisblack", **how)
    return {"": file.getvalue()}


def hdf5(libver="earliest", **how):
    file = BytesIO()
    with h5py.File(file, "w", libver=libver) as store:
        store.create_dataset("entry/data", data=IMAGE, **how).attrs["element_size_um"] = [2, 1, 1]
    return {"": file.getvalue()}


def zarr_folder(folder, **how):
    group = zarr.create_group(folder, attributes={"note": "x"}, overwrite=True, **how)
    group.create_array("0", data=IMAGE, chunks=(2, 16, 16))
    return files_in(folder)


def ome_zarr(folder):
    write_labels(folder, IMAGE, classes=CLASSES, voxel_size=(2, 1, 1), unit="µm")
    return files_in(folder)


def files_in(folder):
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


def nifti():
    return nibabel.Nifti1Image(IMAGE.T, np.diag([1, 1, 2, 1])).to_bytes()


def nifti_pair(**names):
    """Make a NIfTI of two files, under the names of its header and its image."""
    files = {key: nibabel.FileHolder(fileobj=BytesIO()) for key in names}
    nibabel.Nifti1Pair(IMAGE.T, np.diag([1, 1, 2, 1])).to_file_map(files)
    return {names[key]: files[key].fileobj.getvalue() for key in names}


def npy(save=np.save):
    file = BytesIO()
    save(file, IMAGE)
    return {"": file.getvalue()}


def dicom():
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840", generate_uid()
    data = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    data.Rows, data.Columns, data.NumberOfFrames = IMAGE.shape[1], IMAGE.shape[2], len(IMAGE)
    data.BitsAllocated = data.BitsStored = 16
    data.HighBit, data.PixelRepresentation, data.SamplesPerPixel = 15, 0, 1
    data.PhotometricInterpretation, data.PixelSpacing = "MONOCHROME2", [1, 1]
    data.PixelData = IMAGE.tobytes()
    file = BytesIO()
    data.save_as(file, enforce_file_format=True)
    return {"": file.getvalue()}


def grey():
    return (IMAGE[0] // 4).astype("uint8")


TIFFS = [
    lambda _: tiff(),
    lambda _: tiff(compression="zlib", predictor=True, imagej=False),
    lambda _: tiff(tile=(16, 16), compression="lzw", bigtiff=True),
    lambda _: tiff(ome=True, metadata={"axes": "ZYX", "PhysicalSizeX": 1.0}),
    lambda _: tiff(imagej=True, byteorder=">", metadata={"axes": "ZYX"}),
]
HDF5S = [
    lambda _: hdf5(),
    lambda _: hdf5(chunks=(1, 8, 8), compression="gzip", shuffle=True, fletcher32=True),
    lambda _: hdf5("latest", chunks=(1, 8, 8), maxshape=(None, None, 24)),
]
NRRDS = [
    lambda _: {"": NRRD.format("raw").encode() + IMAGE.tobytes()},
    lambda _: {"": NRRD.format("gzip").encode() + gzip.compress(IMAGE.tobytes())},
]
RAWS = [lambda _: {"": IMAGE.tobytes()}]
DICOMS = [lambda _: dicom()]
JPEGS = [lambda _: {"": imagecodecs.jpeg_encode(grey())}]
SEEDS = {
    ".tif": TIFFS,
    ".tiff": TIFFS,
    ".btf": TIFFS,
    ".raw": RAWS,
    ".b": RAWS,
    ".png": [lambda _: {"": imagecodecs.png_encode(grey())}],
    ".jpg": JPEGS,
    ".jpeg": JPEGS,
    ".h5": HDF5S,
    ".hdf5": HDF5S,
    ".hdf": HDF5S,
    ".nxs": HDF5S,
    ".zarr": [
        lambda folder: zarr_folder(folder, zarr_format=2),
        lambda folder: zarr_folder(folder, zarr_format=3),
        ome_zarr,
    ],
    ".nii": [lambda _: {"": nifti()}],
    ".nii.gz": [lambda _: {"": gzip.compress(nifti(), mtime=0)}],
    ".hdr": [lambda _: nifti_pair(header="", image="*.img")],
    ".img": [lambda _: nifti_pair(image="", header="*.hdr")],
    ".npy": [lambda _: npy()],
    ".npz": [lambda _: npy(np.savez), lambda _: npy(np.savez_compressed)],
    ".nrrd": NRRDS,
    ".nhdr": NRRDS,
    ".mha": [lambda _: {"": META.format("LOCAL").encode() + IMAGE.tobytes()}],
    ".mhd": [lambda _: {"": META.format("LOCAL").encode() + IMAGE.tobytes()}],
    ".dcm": DICOMS,
    ".dicom": DICOMS,
}
"""For each suffix, what makes small images: the names of files in a folder, or "" for the one file
and ``*.ending`` for another beside it."""

# Suffixes of one reader with the same files need only one of them.
KINDS = {(READERS[s], id(SEEDS.get(s))): s for s in reversed(READERS)}.values()
LABELS = {WRITERS[s]: s for s in reversed(WRITERS) if s in READERS}.values()
LABEL_FILES = [
    *(("labels", suffix) for suffix in LABELS),
    *(("markers", suffix) for suffix in LABELS if suffix in MARKER_SUFFIXES),
]


def damaged(content, rng):
    """Return `content` with one to four bytes, numbers, words or stretches changed."""
    if content[:2] == b"\x1f\x8b" and rng.random() < 0.7:  # what is packed is damaged, too
        return gzip.compress(damaged(gzip.decompress(content), rng), 1)
    content = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        reach = min(len(content), rng.choice([32, 400, 2000, len(content)]))
        if reach:
            rng.choice(DAMAGES)(content, rng.randrange(reach), rng)
    return bytes(content)


def flip(content, at, rng):
    content[at] ^= 1 << rng.randrange(8)


def replace(content, at, rng):
    content[at] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])


def extreme(content, at, rng):
    code = rng.choice("HIQ")
    size = struct.calcsize(code)
    number = rng.choice(EXTREMES) % 256**size
    start = at - at % size
    content[start : start + size] = struct.pack(rng.choice("<>") + code, number)


def insert(content, at, rng):
    content[at:at] = rng.randbytes(rng.choice([1, 2, 8]))


def delete(content, at, rng):
    del content[at : at + rng.choice([1, 2, 8])]


def cut(content, at, rng):
    del content[rng.choice([at, rng.randrange(len(content))]) :]


def number(content, at, rng):
    """Change a number in text, such as the metadata of a Zarr."""
    found = re.compile(rb"\d+").search(content, at)
    if found:
        content[found.start() : found.end()] = rng.choice(NUMBERS)


def repeat(content, at, rng):
    length = rng.choice([4, 16, 64])
    to = rng.randrange(len(content))
    content[to : to + length] = content[at : at + length]


DAMAGES = [flip, flip, replace, replace, extreme, extreme, insert, delete, cut, number, repeat]


def put(path, files):
    shutil.rmtree(path, ignore_errors=True)
    for name, content in files.items():
        file = path.with_suffix(name[1:]) if name.startswith("*") else path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def mutants(path, seeds, trials, rng):
    """Write `trials` damaged files to `path`, one after the other."""
    for _ in range(trials):
        files = dict(rng.choice(seeds))
        name = rng.choice(sorted(files))
        put(path, files | {name: damaged(files[name], rng)})
        yield
        if rng.random() < 0.2:
            put(path, files)


def check(result, name, mutant):
    """Tell what is wrong with how a damaged file was met; nothing if all is well."""
    if result.outcome not in ("opened", "refused"):
        return f"{mutant}: {result}"
    if result.outcome == "opened":
        return ""
    sentence = result.message.startswith(f"{name}: ") and "; " in result.message
    return (
        "" if sentence and result.seconds <= 1 and result.grown <= 200e6 else f"{mutant}: {result}"
    )


def test_every_reader_has_files_to_damage():
    assert set(READERS) <= set(SEEDS)


@pytest.mark.parametrize("suffix", READERS)
def test_the_undamaged_files_open(tmp_path, limited, suffix):
    for number, make in enumerate(SEEDS[suffix]):
        path = tmp_path / f"{number}_24x20x3_16bits{suffix}"
        put(path, make(path))
        result = limited(path)
        assert result.outcome == "opened", result
        assert result.shape[1:] == [20, 24]


@pytest.mark.parametrize("trials", [50, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("suffix", KINDS)
def test_a_damaged_file_is_an_image_or_a_sentence(tmp_path, limited, suffix, trials):
    path = tmp_path / f"a_24x20x3_16bits{suffix}"
    seeds = [make(tmp_path / f"{number}{suffix}") for number, make in enumerate(SEEDS[suffix])]
    rng = random.Random(suffix)
    problems = []
    for number, _ in enumerate(mutants(path, seeds, trials, rng)):
        problems += filter(None, [check(limited(path), path.name, number)])
    assert not problems, problems[:3]


@pytest.mark.parametrize("trials", [20, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.parametrize(("kind", "suffix"), LABEL_FILES)
def test_a_damaged_label_is_a_label_or_a_sentence(tmp_path, limited, suffix, kind, trials):
    write = write_labels if kind == "labels" else write_markers
    path = tmp_path / f"a_24x20x3_16bits{suffix}"
    seed = write(tmp_path / f"seed_24x20x3_16bits{suffix}", IMAGE - IMAGE.min(), classes=CLASSES)
    files = files_in(seed) if seed.is_dir() else {"": seed.read_bytes()}
    problems = []
    for number, _ in enumerate(mutants(path, [files], trials, random.Random(suffix))):
        problems += filter(None, [check(limited(path, kind), path.name, number)])
    assert not problems, problems[:3]


# What was learnt

CLASSIFIERS = [
    kind
    for kind in kinds_of(Classifier)
    if not isabstract(kind) and kind.__module__.startswith("annotat_nb")
]
LEARNT = ["training data", *(kind.__name__ for kind in CLASSIFIERS)]
HOW = {"features": (Identity(), Gaussian(radii=(1, 2))), "superpixels": None, "selection": None}


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """Training data, and a small classifier of every kind, in files."""
    folder = tmp_path_factory.mktemp("learnt")
    segmenter = Segmenter(Volume(IMAGE))
    marks = Marks(np.arange(IMAGE.size), np.arange(IMAGE.size) // 480 % 3)
    table = tuple(LabelClass(id=n, name=f"class {n}", color="#e69f00") for n in range(3))
    data = segmenter.collect(Pipeline(**HOW), marks)
    files = {"training data": write_training_data(folder / "seed.training", data, table)}
    for kind in CLASSIFIERS:
        small = {"n_estimators": 5} if "n_estimators" in kind.model_fields else {}
        trained = TrainedClassifier(
            segmenter.fit(Pipeline(**HOW, classifier=kind(**small)), marks), table
        )
        files[kind.__name__] = write_classifier(folder / f"{kind.__name__}.classifier", trained)
    return files


def rewrite(path, seed, act, rng):
    """Write a whole file, its checksum right, of which the head or an array is damaged."""
    head, arrays = read_arrays(seed, act, 1)
    if rng.random() < 0.3:
        with contextlib.suppress(ValueError):
            head = dict(json.loads(damaged(json.dumps(head).encode(), rng)))
    else:
        name = rng.choice(sorted(arrays))
        arrays[name] = other_values(arrays[name], rng)
    write_arrays(path, act, head, arrays)


def other_values(array, rng):
    """Return an array with a few values changed, or one of another shape or type."""
    if rng.random() < 0.1:
        return rng.choice([array[:-1], array[None], array.astype("f8"), array[:0], array.T])
    values = bytearray(array.tobytes())
    for _ in range(rng.randint(1, 4)):
        change = rng.choice([flip, replace, extreme, repeat])
        change(values, rng.randrange(len(values)), rng)
    whole = bytes(values[: array.nbytes].ljust(array.nbytes, b"\0"))
    return np.frombuffer(whole, array.dtype).reshape(array.shape)


@pytest.mark.parametrize("name", LEARNT)
def test_what_was_learnt_opens_undamaged(limited, learnt, name):
    act = name if name == "training data" else "classifier"
    result = limited(learnt[name], act)
    assert result.outcome == "opened", result


@pytest.mark.parametrize("trials", [50, pytest.param(10_000, marks=SOAK)])
@pytest.mark.parametrize("name", LEARNT)
def test_what_was_learnt_and_damaged_is_refused_or_harmless(
    tmp_path, limited, learnt, name, trials
):
    act = name if name == "training data" else "classifier"
    path, rng = tmp_path / "a.learnt", random.Random(name)
    content, problems = learnt[name].read_bytes(), []
    for number in range(trials):
        if number % 2:
            path.write_bytes(damaged(content, rng))
        else:
            rewrite(path, learnt[name], act, rng)
        problems += filter(None, [check(limited(path, act), path.name, number)])
    assert not problems, problems[:3]
