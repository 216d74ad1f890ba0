"""Training and classifying inside a mask only."""

import numpy as np
import pytest

from annotat_nb.classify import Marks, Mask, Pipeline, RandomForest, Segmenter, TrainingError
from annotat_nb.features import Gaussian, Identity

PIPELINE = Pipeline(
    features=(Identity(), Gaussian(radii=(1,))),
    selection=None,
    classifier=RandomForest(n_estimators=20),
)


@pytest.fixture
def mask(truth):
    """Left of a slanted line: classes 3 and 5; right of it: class 9."""
    _, y, x = np.indices(truth.shape)
    return Mask(np.where(x + y < 40, 3, np.where(x + y < 60, 5, 9)).astype("uint8"), (3, 5))


@pytest.fixture(params=["superpixels", "voxels"])
def masked(request, volume, superpixels, mask):
    return Segmenter(volume, superpixels if request.param == "superpixels" else None, mask)


def test_outside_of_the_mask_the_earlier_label_stays(masked, mask, marks):
    prediction = masked.segment(PIPELINE, marks)[1]
    outside = mask.labels == 9
    np.testing.assert_array_equal(prediction.labels == 9, outside)
    assert prediction.labels.dtype == np.uint8
    assert np.isnan(np.asarray(prediction.probabilities)[:, outside]).all()
    assert np.isfinite(np.asarray(prediction.probabilities)[:, ~outside]).all()


def test_inside_it_is_classified_well(masked, mask, marks, truth):
    labels = masked.segment(PIPELINE, marks)[1].labels
    inside = mask.labels != 9
    assert (labels == truth)[inside].mean() > 0.9


def test_marks_outside_teach_nothing(masked, mask, marks):
    liar = Marks(np.flatnonzero(mask.labels.ravel() == 9), np.full((mask.labels == 9).sum(), 1))
    voxels, first = np.unique(np.concatenate([marks.voxels, liar.voxels]), return_index=True)
    labels = np.concatenate([marks.labels, liar.labels])[first]
    expected = masked.segment(PIPELINE, marks)[1].labels
    found = masked.segment(PIPELINE, Marks(voxels, labels))[1].labels
    np.testing.assert_array_equal(found, expected)


def test_superpixels_count_only_their_voxels_inside(volume, superpixels, mask):
    """What the image is outside must not reach the means of superpixels that straddle the edge."""
    bright = volume.data.copy()
    bright[mask.labels == 9] = 255
    pipeline = PIPELINE.model_copy(update={"features": (Identity(),)})
    rows = []
    for data in (volume.data, bright):
        segmenter = Segmenter(type(volume)(data), superpixels, mask)
        regions = segmenter._samples._regions
        ids = regions.between(0, regions.largest + 1)
        rows.append(segmenter._samples.rows(pipeline.features, pipeline, ids, lambda *_: None))
    np.testing.assert_array_equal(*rows)


def test_a_preview_leaves_out_what_lies_outside(masked, mask, marks):
    box = (slice(3, 4), slice(None), slice(None))
    model, prediction = masked.segment(PIPELINE, marks, box=box)
    place = prediction.box
    np.testing.assert_array_equal(prediction.labels[mask.labels[place] == 9], -1)
    whole = masked.predict(model).labels[3]
    inside = mask.labels[3] != 9
    shown = prediction.labels[3 - place[0].start]
    np.testing.assert_array_equal(shown[inside[place[1:]]], whole[place[1:]][inside[place[1:]]])


def test_no_mark_inside_is_a_sentence(masked, mask):
    voxels = np.flatnonzero(mask.labels.ravel() == 9)[:10]
    marks = Marks(voxels, np.arange(10) % 2)
    with pytest.raises(TrainingError, match="No marked voxel lies inside the mask"):
        masked.fit(PIPELINE, marks)


def test_marks_of_one_class_inside_are_a_sentence_about_the_mask(masked, mask):
    inside, outside = (np.flatnonzero((mask.labels.ravel() == 9) == out)[:5] for out in (0, 1))
    voxels = np.sort(np.append(inside, outside))
    marks = Marks(voxels, (mask.labels.ravel()[voxels] == 9).astype(int))
    with pytest.raises(TrainingError, match="only class 0 is marked inside the mask"):
        masked.fit(PIPELINE, marks)
