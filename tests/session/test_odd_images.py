"""Images of odd kinds go through a whole session: paint two classes, apply, save."""

import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.classify import TrainingError
from annotat_nb.io import ChoiceNeeded, ReadError

SHAPE = (3, 20, 24)
NOISE = np.random.default_rng(0).normal(100, 20, SHAPE).clip(1, 250)
VOXELWISE = an.Pipeline(
    superpixels=None,
    features=(an.Identity(), an.Gaussian(radii=(1, 2))),
    classifier=an.RandomForest(n_estimators=5),
)
SUPERPIXELWISE = an.Pipeline(classifier=an.RandomForest(n_estimators=5))


def noise(dtype):
    return NOISE.astype(dtype)


def holed(value):
    image = noise("float32")
    image[:, 4:8, 4:8] = value
    return image


IMAGES = {
    "some NaN": holed(np.nan),
    "some infinite": holed(np.inf),
    "some minus infinite": holed(-np.inf),
    "one slice": noise("uint8")[:1],
    "one row": noise("uint8")[:1, :1],
    "one column": noise("uint8")[:, :, :1],
    "big-endian": noise(">u2"),
    "signed": noise("int16") - 100,
    "signed bytes": (NOISE - 100).clip(-128, 127).astype("int8"),
    "bool": NOISE > 100,
    "float16": noise("float16"),
    "int64": noise("int64") << 40,
    "huge and tiny": holed(3e38),
}

EMPTY = {
    "NaN only": np.full(SHAPE, np.nan, "float32"),
    "constant": np.full(SHAPE, 7, "uint8"),
    "all zero": np.zeros(SHAPE, "uint16"),
    "beyond the range of float32": noise("float64") * 1e40,
}


def segmented(volume, pipeline, path):
    """Paint two classes at the corners, apply and save; return what was saved."""
    depth, height, width = volume.shape
    with an.Session(volume) as session:
        session.classes.add("one")
        session.paint([(0, 0)], index=0, label=0, radius=1)
        session.paint([(height - 1, width - 1)], index=depth - 1, label=1, radius=1)
        session.pipeline = pipeline
        if pipeline.superpixels is not None:
            session.generate_superpixels()
        session.apply()
        session.save_label(path)
        return np.asarray(session.segmentation.data)


@pytest.mark.parametrize("pipeline", [VOXELWISE, SUPERPIXELWISE], ids=["voxels", "superpixels"])
@pytest.mark.parametrize("kind", IMAGES)
def test_an_odd_image_can_be_segmented_and_saved(tmp_path, kind, pipeline):
    tifffile.imwrite(tmp_path / "a.tif", IMAGES[kind], photometric="minisblack")
    volume = an.read(tmp_path / "a.tif")
    assert volume.shape == IMAGES[kind].shape
    label = segmented(volume, pipeline, tmp_path / "label.tif")
    assert label.shape == volume.shape
    assert set(np.unique(label)) <= {0, 1}
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "label.tif").squeeze(), label.squeeze()
    )


@pytest.mark.parametrize("kind", EMPTY)
def test_an_image_that_teaches_nothing_says_so(tmp_path, kind):
    tifffile.imwrite(tmp_path / "a.tif", EMPTY[kind], photometric="minisblack")
    with pytest.raises(TrainingError, match=r"has a finite value: paint|leaves no feature"):
        segmented(an.read(tmp_path / "a.tif"), SUPERPIXELWISE, tmp_path / "label.tif")
    assert not (tmp_path / "label.tif").exists()


@pytest.mark.parametrize(
    ("samples", "how"), [(3, {"rgb": "luminance"}), (4, {"rgb": "luminance"}), (3, {"rgb": 1})]
)
def test_colours_can_be_segmented_once_it_is_said_how(tmp_path, samples, how):
    colours = np.repeat(noise("uint8")[..., None], samples, axis=-1)
    tifffile.imwrite(tmp_path / "a.tif", colours, photometric="rgb")
    with pytest.raises(ChoiceNeeded, match=r"^a\.tif: .*pass rgb="):
        an.read(tmp_path / "a.tif")
    volume = an.read(tmp_path / "a.tif", **how)
    np.testing.assert_allclose(volume.data[0], colours[0, ..., 1], atol=1)
    segmented(volume, VOXELWISE, tmp_path / "label.tif")


def test_a_time_series_can_be_segmented_once_it_is_said_when(tmp_path):
    series = np.stack([noise("uint8"), noise("uint8") // 2])
    tifffile.imwrite(tmp_path / "a.tif", series, imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(ChoiceNeeded, match=r"^a\.tif: .*pass time="):
        an.read(tmp_path / "a.tif")
    volume = an.read(tmp_path / "a.tif", time=1)
    np.testing.assert_array_equal(volume.data[:], series[1])
    segmented(volume, VOXELWISE, tmp_path / "label.tif")


def test_complex_numbers_are_refused_with_what_to_do(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", noise("complex64"), photometric="minisblack")
    with pytest.raises(ReadError, match=r"^a\.tif: holds complex64 .*; save its magnitude"):
        an.read(tmp_path / "a.tif")


def test_a_negative_voxel_size_is_refused_or_unknown(tmp_path):
    tifffile.imwrite(
        tmp_path / "a.ome.tif",
        noise("uint8"),
        metadata={"axes": "ZYX", "PhysicalSizeX": -2.0, "PhysicalSizeY": 1.0, "PhysicalSizeZ": 1.0},
    )
    assert an.read(tmp_path / "a.ome.tif").voxel_size == (1, 1, 1)
    with pytest.raises(ReadError, match=r"^a\.ome\.tif: .*three positive numbers"):
        an.read(tmp_path / "a.ome.tif", voxel_size=(1, 1, -2))
