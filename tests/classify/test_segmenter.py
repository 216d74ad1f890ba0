"""From marks to a segmentation."""

import numpy as np
import pytest
from scipy import ndimage

from annotat_nb.classify import (
    FeatureSelection,
    LinearSvm,
    Marks,
    Pipeline,
    RandomForest,
    Segmenter,
    TrainingError,
    superpixelwise,
    voxelwise,
    windows,
)
from annotat_nb.features import Gaussian, Identity, Mean, Sobel, Variance
from annotat_nb.volume import Volume

SHAPE = (8, 45, 50)
FEATURES = (Identity(), Gaussian(radii=(1, 2)), Sobel())
FAST = Pipeline(features=FEATURES, selection=None, classifier=RandomForest(n_estimators=20))
REDUCTIONS = {
    "mean": ndimage.mean,
    "min": ndimage.minimum,
    "max": ndimage.maximum,
    "std": lambda *args: ndimage.labeled_comprehension(*args, np.std, float, 0),
}


def accuracy(prediction, truth):
    return (prediction.labels == truth[prediction.box]).mean()


# What is found


def test_a_few_marks_segment_the_volume(segmenter, marks, truth):
    prediction = segmenter.predict(segmenter.fit(FAST, marks))
    assert prediction.labels.dtype == np.uint8
    assert prediction.labels.shape == SHAPE
    assert accuracy(prediction, truth) > 0.9


@pytest.mark.parametrize("classifier", [RandomForest(n_estimators=20), LinearSvm(C=0.1)])
def test_labels_are_the_likeliest_classes(segmenter, marks, classifier):
    pipeline = FAST.model_copy(update={"classifier": classifier})
    prediction = segmenter.predict(segmenter.fit(pipeline, marks))
    shares = np.asarray(prediction.probabilities)
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-5)
    np.testing.assert_array_equal(prediction.labels, prediction.classes[shares.argmax(axis=0)])
    np.testing.assert_array_equal(prediction.probabilities[:, 3, 20, 30], shares[:, 3, 20, 30])


def test_class_ids_need_not_follow_each_other(segmenter, marks):
    far = Marks(marks.voxels, np.where(marks.labels == 1, 700, 3))
    near = segmenter.predict(segmenter.fit(FAST, marks)).labels
    labels = segmenter.predict(segmenter.fit(FAST, far)).labels
    assert labels.dtype == np.uint16
    np.testing.assert_array_equal(labels, np.where(near == 1, 700, 3))


def test_the_same_input_gives_the_same_output(volume, superpixels, marks):
    for labels in (superpixels, None):
        first, second = (Segmenter(volume, labels).segment(FAST, marks)[1] for _ in range(2))
        np.testing.assert_array_equal(first.labels, second.labels)


@pytest.mark.parametrize("where", ["memory map", "numpy"])
def test_the_volume_may_lie_on_disk(tmp_path, volume, superpixels, marks, where):
    np.save(tmp_path / "image.npy", volume.data)
    mode = "r" if where == "memory map" else None
    lazy = Volume(np.load(tmp_path / "image.npy", mmap_mode=mode))
    expected = Segmenter(volume, superpixels).segment(FAST, marks)[1]
    found = Segmenter(lazy, superpixels).segment(FAST, marks)[1]
    np.testing.assert_array_equal(found.labels, expected.labels)


@pytest.mark.parametrize("ndim", [2, 3])
def test_how_the_volume_is_cut_does_not_matter(volume, superpixels, marks, monkeypatch, ndim):
    features = (Identity(), Gaussian(radii=(1, 2), ndim=ndim), Mean(radii=(2,), ndim=ndim))
    pipeline = FAST.model_copy(update={"features": features, "pooling": ("mean", "min", "max")})
    whole = [Segmenter(volume, s).segment(pipeline, marks)[1] for s in (superpixels, None)]
    monkeypatch.setattr(windows, "TILE", (3, 19, 8))
    monkeypatch.setattr(windows, "FLAT_TILE", (2, 7, 11))
    monkeypatch.setattr(voxelwise, "PART", (2, 13, 27))
    cut = [Segmenter(volume, s).segment(pipeline, marks)[1] for s in (superpixels, None)]
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_allclose(
            np.asarray(one.probabilities), np.asarray(other.probabilities), atol=1e-6
        )


@pytest.mark.parametrize("pooling", [("mean",), ("max", "mean", "min", "std")])
def test_the_classifier_sees_pooled_features(volume, superpixels, marks, pooling):
    pipeline = FAST.model_copy(update={"pooling": pooling})
    segmenter = Segmenter(volume, superpixels)
    ids = np.unique(superpixels)
    seen = segmenter._samples.rows(FEATURES, pipeline, ids, lambda *_: None)
    columns = []
    for feature in FEATURES:
        channels = feature(volume.data)
        for name in pooling:
            reduce = REDUCTIONS[name]
            columns += [reduce(channel.astype(float), superpixels, ids) for channel in channels]
    np.testing.assert_allclose(seen, np.stack(columns, axis=1), rtol=1e-5)
    names = segmenter.fit(pipeline, marks).names
    assert names[0] == f"Identity (None, original image), {pooling[0]}"
    assert len(names) == len(columns)


def test_a_superpixel_counts_as_much_as_it_is_marked():
    """A stroke of class 1 grazes dark superpixels: it must not make them bright."""
    image = np.zeros((1, 10, 40), "uint8")
    image[:, :, 20:] = 200
    superpixels = np.arange(40, dtype="uint32").reshape(1, 1, 40) // 4 + 1
    superpixels = np.broadcast_to(superpixels, image.shape)
    drawn = np.full(image.shape, -1)
    drawn[:, :, :4] = 0
    drawn[:, 0, 15:20] = drawn[:, :, 20:32] = 1
    voxels = np.flatnonzero(drawn.ravel() >= 0)
    pipeline = FAST.model_copy(update={"features": (Identity(),)})
    segmenter = Segmenter(Volume(image), superpixels)
    labels = segmenter.segment(pipeline, Marks(voxels, drawn.ravel()[voxels]))[1].labels
    np.testing.assert_array_equal(labels, image > 0)


# Preview


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_preview_equals_apply_where_it_looks(segmenter, marks, axis):
    box = [slice(None)] * 3
    box[axis] = slice(4, 5)
    model = segmenter.fit(FAST, marks)
    preview = segmenter.predict(model, box=tuple(box))
    whole = segmenter.predict(model)
    seen = preview.labels >= 0
    assert preview.labels.dtype == np.int16
    np.testing.assert_array_equal(preview.labels[seen], whole.labels[preview.box][seen])
    covered = np.zeros(SHAPE, bool)
    covered[preview.box] = seen
    assert covered[tuple(box)].all()


def test_preview_classifies_just_the_superpixels_that_reach_into_the_box(
    volume, superpixels, marks
):
    segmenter = Segmenter(volume, superpixels)
    box = (slice(2, 3), slice(10, 14), slice(20, 22))
    preview = segmenter.predict(segmenter.fit(FAST, marks), box=box)
    touched = np.isin(superpixels, np.unique(superpixels[box]))
    covered = np.zeros(SHAPE, bool)
    covered[preview.box] = preview.labels >= 0
    np.testing.assert_array_equal(covered, touched)
    unknown = preview.probabilities[:, 7, 0, 0]
    assert np.isnan(unknown).all()


# What is refused


def test_too_few_classes_are_a_sentence(segmenter):
    with pytest.raises(TrainingError, match="nothing is marked yet"):
        segmenter.fit(FAST, Marks([], []))
    with pytest.raises(TrainingError, match="only class 2 is marked") as caught:
        segmenter.fit(FAST, Marks([5, 6], [2, 2]))
    assert caught.value.classes == (2,)


def test_a_class_that_is_everywhere_in_the_minority_is_a_sentence(volume):
    superpixels = np.ones(SHAPE, "uint32")
    with pytest.raises(TrainingError, match="class 1 has most of the marks"):
        Segmenter(volume, superpixels).fit(FAST, Marks([0, 1, 2], [1, 1, 0]))


def test_a_selection_that_leaves_nothing_is_a_sentence(segmenter, marks):
    pipeline = FAST.model_copy(update={"selection": FeatureSelection(threshold=1.0)})
    with pytest.raises(TrainingError, match=r"leaves no feature: the largest importance is 0\."):
        segmenter.fit(pipeline, marks)


@pytest.mark.parametrize(
    ("labels", "error", "sentence"),
    [
        (np.ones((8, 45, 49), "uint32"), ValueError, r"\(8, 45, 50\), got \(8, 45, 49\)"),
        (np.ones(SHAPE, "float32"), TypeError, "integers, got float32"),
        (np.zeros(SHAPE, "int32"), ValueError, "numbered from 1, got 0"),
        (np.full(SHAPE, 10**9, "uint32"), ValueError, "got id 1000000000"),
    ],
)
def test_superpixels_that_do_not_fit_are_refused(volume, labels, error, sentence):
    with pytest.raises(error, match=sentence):
        Segmenter(volume, labels)


# Odd images


def test_nan_never_trains_and_is_classified_all_the_same(truth, superpixels, marks):
    image = np.where(truth, 150.0, 80.0)
    image[:, :, 25:] = np.nan
    shown = np.unravel_index(marks.voxels, SHAPE)[2] < 25
    seen = Marks(marks.voxels[shown], marks.labels[shown])
    for labels in (superpixels, None):
        segmenter = Segmenter(Volume(image), labels)
        all_marks, finite_marks = (segmenter.segment(FAST, m)[1].labels for m in (marks, seen))
        np.testing.assert_array_equal(all_marks, finite_marks)


@pytest.mark.parametrize("shape", [(1, 12, 12), (1, 1, 30), (20, 1, 1)])
@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", ">u2"])
def test_flat_and_odd_volumes_work(shape, dtype):
    image = (np.arange(np.prod(shape)).reshape(shape) % 7 > 3).astype(dtype)
    image.flat[-1] = 1
    marks = Marks([0, image.size - 1], [0, 1])
    for labels in (np.arange(1, image.size + 1).reshape(shape), None):
        pipeline = FAST.model_copy(update={"features": (Identity(), Variance(ndim=3))})
        prediction = Segmenter(Volume(image), labels).segment(pipeline, marks)[1]
        assert set(np.unique(prediction.labels)) <= {0, 1}


# Progress


def test_progress_never_falls_and_ends_at_one(segmenter, marks):
    reports = []
    pipeline = FAST.model_copy(update={"selection": FeatureSelection()})
    segmenter.segment(pipeline, marks, lambda step, share: reports.append((step, share)))
    steps, shares = zip(*reports, strict=True)
    assert list(shares) == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert shares[0] == 0
    assert list(dict.fromkeys(steps)) == [
        "Computing features",
        "Selecting features",
        "Training random forest",
        "Estimating the accuracy",
        "Classifying",
    ]


@pytest.mark.parametrize("box", [None, (slice(2, 6), slice(45), slice(50))])
def test_progress_never_falls_from_one_batch_to_the_next(
    volume, superpixels, marks, monkeypatch, box
):
    segmenter = Segmenter(volume, superpixels)
    model = segmenter.fit(FAST, marks)
    in_one = np.asarray(segmenter.predict(model, box=box).probabilities)
    monkeypatch.setattr(superpixelwise, "ROWS_AT_ONCE", 50)
    reports = []
    cut = segmenter.predict(model, lambda *report: reports.append(report), box=box)
    shares = [share for step, share in reports if step == "Classifying"]
    assert len(set(shares)) > 3
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    np.testing.assert_array_equal(cut.probabilities, in_one)


def test_a_job_can_be_cancelled_at_every_report(segmenter, marks):
    segmenter.segment(FAST, marks)
    reports = []
    segmenter.segment(FAST, marks, lambda step, share: reports.append(step))
    for limit in range(0, len(reports), 7):
        left = iter(range(limit))

        def cancel(step, share, left=left):
            if next(left, None) is None:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            segmenter.segment(FAST, marks, cancel)


def test_cancelled_features_are_computed_anew(volume, superpixels, marks):
    def cancel(step, share):
        if share > 0.25:
            raise InterruptedError

    segmenter = Segmenter(volume, superpixels)
    with pytest.raises(InterruptedError):
        segmenter.fit(FAST, marks, cancel)
    expected = Segmenter(volume, superpixels).segment(FAST, marks)[1]
    np.testing.assert_array_equal(segmenter.segment(FAST, marks)[1].labels, expected.labels)


def test_every_feature_is_reported_in_every_window(segmenter, marks):
    model = segmenter.fit(FAST, marks)
    reports = []
    segmenter.predict(model, lambda step, share: reports.append(step))
    assert reports.count("Computing features") >= len(FEATURES)
