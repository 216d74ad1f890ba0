"""Training data in files."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from annotat_nb.annotation import LabelClass
from annotat_nb.classify import Pipeline, RandomForest, Segmenter
from annotat_nb.classify.training_file import read_training_data, write_training_data
from annotat_nb.features import Gabor, Gaussian, Identity, Sobel
from annotat_nb.io import ReadError
from annotat_nb.io.array_file import KEY, write_arrays

PIPELINE = Pipeline(
    features=(Identity(), Gaussian(radii=(1, 2))),
    pooling=("mean", "max"),
    classifier=RandomForest(n_estimators=7),
)
CLASSES = tuple(
    LabelClass(id=n, name=name, color="#123456") for n, name in enumerate(["air", "bone", "ink"])
)
SAMPLES = 5


@pytest.fixture
def path(volume, superpixels, marks, tmp_path):
    data = Segmenter(volume, superpixels).collect(PIPELINE, marks)
    return write_training_data(tmp_path / "a.training", data, CLASSES)


def write_other(path, arrays=(), **head):
    """Write a whole file in which something is not as it should be."""
    content, old = load_file(path), head_of(path)
    return write_arrays(path, "training data", {**old, **head}, {**content, **dict(arrays)})


def head_of(path):
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    head = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][KEY])
    del head["kind"], head["checksum"]
    return head


def refusal(path):
    with pytest.raises(ReadError) as caught:
        read_training_data(path)
    assert str(caught.value).startswith("a.training: ")
    return str(caught.value)


def test_what_is_written_is_read(volume, superpixels, marks, tmp_path):
    for labels, pipeline in (
        (superpixels, PIPELINE),
        (None, PIPELINE.model_copy(update={"superpixels": None})),
    ):
        data = Segmenter(volume, labels).collect(pipeline, marks)
        path = write_training_data(tmp_path / "a.training", data, CLASSES)
        found, classes = read_training_data(path)
        assert (found.pipeline, found.names) == (data.pipeline, data.names)
        for name in ("rows", "targets", "weights"):
            np.testing.assert_array_equal(getattr(found, name), getattr(data, name))
        assert classes == CLASSES[:2]  # of the third there is no sample


def test_the_file_says_what_its_arrays_are(path):
    assert head_of(path)["arrays"].keys() == load_file(path).keys()


def test_other_features_are_refused_with_both_lists(path):
    changed = PIPELINE.model_copy(update={"features": (Gaussian(radii=(1, 3)),)})
    write_other(path, pipeline=changed.model_dump(mode="json"))
    sentence = refusal(path)
    for pipeline in (PIPELINE, changed):
        for own in pipeline.channels().values():
            for name in own:
                assert name in sentence


def test_names_from_before_they_told_dimensions_apart_are_read_as_what_they_are(
    volume, superpixels, marks, tmp_path
):
    solid = (Sobel(ndim=3), Gaussian(radii=(1, 2), ndim=3), Gabor(radii=(2,), wavelength=4.0))
    data = Segmenter(volume, superpixels).collect(Pipeline(features=solid), marks)
    path = write_training_data(tmp_path / "a.training", data, CLASSES)
    former = [name.replace(" 3D", "").replace(" λ=4r", "") for name in data.names]
    assert former != list(data.names)
    write_other(path, names=former)
    assert read_training_data(path)[0].names == data.names
    write_other(path, names=former[::-1])
    assert "was made with other features" in refusal(path)


ROWS = np.ones((SAMPLES, 6), "float32")
CODES = np.array([0, 0, 1, 1, 1], "int16")
EVEN = np.ones(SAMPLES)


@pytest.mark.parametrize(
    ("arrays", "head", "words"),
    [
        ({"rows": ROWS[:, :5]}, {}, "its rows are 5 × 5 float32, not n × 6 float32"),
        ({"rows": ROWS.astype("f8")}, {}, "its rows are 5 × 6 float64"),
        ({"rows": ROWS[0]}, {}, "its rows are 6 float32"),
        ({"rows": ROWS * np.nan}, {}, "its rows are not all finite"),
        ({"rows": ROWS[:4]}, {}, "its targets are 5 int16, not 4 int16"),
        ({"targets": CODES[:4]}, {}, "its targets are 4 int16, not 5 int16"),
        ({"weights": EVEN[:4]}, {}, "its weights are 4 float64"),
        ({"weights": -EVEN}, {}, "a weight is not above 0"),
        ({"targets": CODES - 1}, {}, "its class table does not list the classes"),
        ({"targets": CODES + 1}, {}, "its class table does not list the classes"),
        ({}, {"classes": []}, "it lists no class"),
        ({}, {"classes": 3}, "it lists no class"),
        ({}, {"classes": [{"id": 0}]}, "name: Field required"),
        ({}, {"classes": [{"id": 0, "name": "x", "color": "red"}]}, "color: String should match"),
        ({}, {"classes": [{"id": -1, "name": "x", "color": "#000000"}]}, "id: Input should be"),
        ({}, {"classes": [{"id": 40000, "name": "x", "color": "#000000"}]}, "at most 32767"),
        ({}, {"classes": [{"id": 1, "name": "x", "color": "#000000"}] * 2}, "ids must differ"),
        ({}, {"pipeline": None}, "they are no pipeline"),
        ({}, {"pipeline": {"features": 7}}, "has no len"),
        ({}, {"pipeline": {"features": [{"kind": "Sobel"}] * 1001}}, "they are no pipeline"),
        ({}, {"pipeline": {"features": [{"kind": "Gausian"}]}}, "did you mean 'Gaussian'"),
        ({}, {"pipeline": {"kind": "Session"}}, "no Pipeline is called 'Session'"),
        ({}, {"names": None}, "was made with other features: it has none"),
    ],
)
def test_what_does_not_fit_together_is_refused(path, arrays, head, words):
    fitting = {"rows": ROWS, "targets": CODES, "weights": EVEN}
    write_other(path, {**fitting, **arrays}, **head)
    assert words in refusal(path)


def test_a_missing_array_is_refused(path):
    write_arrays(path, "training data", head_of(path), {"rows": ROWS})
    assert "its targets are missing" in refusal(path)
