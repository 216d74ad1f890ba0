import dataclasses
import gc
import threading
import weakref

import h5py
import numpy as np
import pytest

import annotat_nb as an
from annotat_nb import io
from annotat_nb.session import SessionError

FAST = an.RandomForest(n_estimators=20)


def dice(labels, truth):
    found = np.asarray(labels) == 1
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())


def test_a_new_session_has_background_and_nothing_else(session):
    assert [item.name for item in session.classes] == ["Background"]
    assert session.superpixels is session.segmentation is session.previewed is None
    assert session.probabilities is session.changes_since_apply is None
    assert session.pipeline == an.Pipeline()
    assert session.fractions == {}


@pytest.mark.parametrize(
    "grouping", [an.Waterpixels(seed_spacing=4), an.Slic(seed_spacing=4, ndim=3), None]
)
def test_two_strokes_segment_the_ball(painted, truth, grouping):
    painted.pipeline = an.Pipeline(superpixels=grouping, classifier=FAST)
    if grouping:
        painted.generate_superpixels()
    painted.apply()
    assert painted.segmentation.data.dtype == np.uint8
    assert dice(painted.segmentation, truth) > 0.9
    assert sum(painted.fractions.values()) == pytest.approx(1)


def test_apply_computes_each_feature_once_and_nothing_for_the_next_stroke(painted, monkeypatch):
    computed, compute = [], an.Gaussian.compute

    def count(feature, source):
        computed.append(np.prod([side.stop - side.start for side in source.inner]))
        return compute(feature, source)

    monkeypatch.setattr(an.Gaussian, "compute", count)
    painted.pipeline = an.Pipeline(features=(an.Gaussian(),), classifier=FAST)
    painted.generate_superpixels()
    painted.apply()
    assert sum(computed) == np.prod(painted.volume.shape)
    painted.paint([(30, 4), (30, 12)], index=3, label=0, radius=2)
    painted.apply()
    assert sum(computed) == np.prod(painted.volume.shape)


def test_svm_segments_the_ball_too(painted, truth):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.LinearSvm())
    painted.apply()
    assert dice(painted.segmentation, truth) > 0.9


def test_preview_shows_one_slice_with_its_neighbours_and_stores_nothing(painted):
    painted.generate_superpixels()
    painted.preview(axis="z", index=3)
    z_side = painted.previewed.box[0]
    assert (z_side.start, z_side.stop) == (2, 5)
    assert (painted.previewed.labels >= 0).all()
    assert painted.segmentation is None
    painted.apply()
    assert painted.previewed is None


@pytest.mark.parametrize("axis", ["y", "x"])
def test_preview_of_another_plane_equals_what_apply_gives_there(painted, axis):
    painted.generate_superpixels()
    painted.preview(axis=axis, index=20)
    preview = painted.previewed
    painted.apply()
    applied = painted.segmentation.data[preview.box]
    known = preview.labels >= 0
    number = "zyx".index(axis)
    assert known.take(20 - preview.box[number].start, number).all()
    np.testing.assert_array_equal(preview.labels[known], applied[known])


def test_what_is_missing_is_said_in_a_sentence(session):
    with pytest.raises(SessionError, match="Generate superpixels first"):
        session.apply()
    session.generate_superpixels()
    with pytest.raises(SessionError, match="Paint at least two classes first"):
        session.preview()
    session.paint([(4, 4)], label=0)
    with pytest.raises(SessionError, match="so far only Background has strokes"):
        session.apply()
    session.pipeline = an.Pipeline(superpixels=None)
    with pytest.raises(SessionError, match="needs no superpixels"):
        session.generate_superpixels()
    with pytest.raises(SessionError, match="no label to save"):
        session.save_label("x.tif")


def test_there_must_be_superpixels_to_save_them(session, tmp_path):
    with pytest.raises(SessionError, match="no superpixels to save"):
        session.save_superpixels(tmp_path / "x.tif")


def test_other_parameters_make_new_superpixels_by_themselves(painted):
    painted.generate_superpixels()
    first = painted.superpixels
    painted.pipeline = an.Pipeline(superpixels=an.Waterpixels(seed_spacing=5), classifier=FAST)
    painted.apply()
    assert painted.superpixels is not first
    second = painted.superpixels
    painted.pipeline = painted.pipeline.model_copy(update={"classifier": an.LinearSvm()})
    painted.apply()
    assert painted.superpixels is second


def test_the_same_strokes_and_seed_give_the_same_label(painted):
    painted.generate_superpixels()
    painted.apply()
    first = painted.segmentation.data.copy()
    painted.apply()
    np.testing.assert_array_equal(painted.segmentation.data, first)


def test_the_label_says_how_many_changes_it_does_not_know(painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    assert painted.changes_since_apply == 0
    painted.paint([(10, 10)], label=0, radius=1)
    assert painted.changes_since_apply == 1
    painted.undo()
    painted.undo()
    assert painted.changes_since_apply == 1


def test_a_result_is_dropped_when_the_parameters_changed_meanwhile(painted, monkeypatch):
    painted.generate_superpixels()
    gate, inside = threading.Event(), threading.Event()
    engine_segment = painted._engine.segment

    def slow(*arguments):
        inside.set()
        gate.wait(10)
        return engine_segment(*arguments)

    monkeypatch.setattr(painted._engine, "segment", slow)
    job = painted.apply(block=False)
    assert inside.wait(10)
    painted.pipeline = an.Pipeline(classifier=FAST)
    gate.set()
    job.wait(30)
    assert job.state == "failed"
    assert "changed meanwhile" in str(job.error)
    assert painted.segmentation is None


def test_strokes_painted_meanwhile_make_the_result_older_not_void(painted, monkeypatch):
    painted.generate_superpixels()
    engine_segment = painted._engine.segment

    def meanwhile(*arguments):
        painted.paint([(30, 30)], label=0, radius=1)
        return engine_segment(*arguments)

    monkeypatch.setattr(painted._engine, "segment", meanwhile)
    painted.apply()
    assert painted.changes_since_apply == 1


def test_cancel_leaves_what_was_there(painted, monkeypatch):
    painted.generate_superpixels()
    engine_segment = painted._engine.segment

    def cancelling(snapshot, report, box=None):
        job.cancel()
        return engine_segment(snapshot, report, box)

    monkeypatch.setattr(painted._engine, "segment", cancelling)
    gate = threading.Event()
    painted.runner.submit("hold", lambda _: gate.wait(10))
    job = painted.apply(block=False)
    gate.set()
    assert job.wait(10)
    assert job.state == "cancelled"
    assert painted.segmentation is None


def test_fractions_follow_the_label(painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    before = painted.fractions
    painted.classes.remove(1)
    assert painted.fractions == {0: 1.0}
    assert painted.view.label == 0
    painted.undo()
    assert painted.fractions == before


def test_closing_cancels_what_runs_and_what_waits(volume):
    session, inside = an.Session(volume), threading.Event()

    def endless(job):
        inside.set()
        while True:
            job.report("working", 0.1)

    jobs = [session.runner.submit("x", endless) for _ in range(3)]
    assert inside.wait(5)
    session.close()
    assert [job.state for job in jobs] == ["cancelled"] * 3


def test_a_closed_session_lets_go_of_the_preview(painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.preview(index=3)
    preview = weakref.ref(painted.previewed)
    painted.close()
    gc.collect()
    assert preview() is painted.previewed is None


def test_a_class_removed_during_apply_is_background_in_the_result(painted, monkeypatch):
    painted.classes.add("third")
    painted.paint([(34, 4), (34, 40)], index=3, label=2, radius=2)
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    engine_segment = painted._engine.segment

    def meanwhile(*arguments):
        painted.classes.remove(2)
        return engine_segment(*arguments)

    monkeypatch.setattr(painted._engine, "segment", meanwhile)
    painted.apply()
    assert set(np.unique(painted.segmentation.data)) == {0, 1}


def test_a_threshold_that_removes_every_feature_is_explained(painted):
    painted.pipeline = an.Pipeline(superpixels=None, selection=an.FeatureSelection(threshold=0.99))
    with pytest.raises(an.TrainingError, match="threshold"):
        painted.apply()


def test_the_kept_features_are_listed_after_training(painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    assert painted.kept_features
    assert set(painted.kept_features) <= {
        name for feature in painted.pipeline.features for name in feature.channels()
    }


def test_probabilities_sum_to_one_and_agree_with_the_label(painted):
    painted.generate_superpixels()
    painted.apply()
    probabilities = np.asarray(painted.probabilities)
    assert probabilities.shape == (2, *painted.volume.shape)
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=0), painted.segmentation.data)


@pytest.mark.parametrize("grouping", [an.Waterpixels(seed_spacing=4), None])
def test_uncertainty_follows_from_the_probabilities_once_there_are_any(painted, grouping):
    painted.pipeline = an.Pipeline(superpixels=grouping, classifier=FAST)
    if grouping:
        painted.generate_superpixels()
    assert painted.uncertainty is None
    painted.apply()
    first, second = np.asarray(painted.probabilities)
    found = np.asarray(painted.uncertainty)
    assert (found.shape, found.dtype) == (painted.volume.shape, np.float32)
    np.testing.assert_allclose(found, 1 - np.abs(first - second), atol=1e-6)
    np.testing.assert_array_equal(painted.uncertainty[2, 5:9, ::2], found[2, 5:9, ::2])


def test_uncertainty_is_not_known_of_a_label_that_was_loaded(painted, tmp_path):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    painted.load_label(painted.save_label(tmp_path / "labels.tif"))
    assert painted.uncertainty is painted.probabilities is None


def test_a_probe_reads_what_is_shown_a_preview_first(painted):
    painted.generate_superpixels()
    painted.preview(axis="z", index=3)
    found = painted.probe((3, 20, 24))
    assert found.label == 1
    shares = painted.previewed.probabilities[:, 3, 20, 24]
    assert (found.probability, found.uncertainty) == pytest.approx(
        (shares[1], 1 - abs(shares[1] - shares[0]))
    )
    assert painted.probe((3, 20, 24), probability=False).uncertainty is None
    assert painted.probe((0, 20, 24)).label is None


def test_probe_reads_one_voxel(painted):
    assert painted.probe((3, 20, 24)).label is None
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    found = painted.probe((3, 20, 24))
    assert (found.value, found.label) == (painted.volume.data[3, 20, 24], 1)
    assert found.probability == pytest.approx(painted.probabilities[1, 3, 20, 24])


@pytest.mark.parametrize("name", ["labels.tif", "labels.raw"])
def test_a_saved_label_loads_with_its_classes_and_saves_the_same(painted, tmp_path, name):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    first = painted.save_label(tmp_path / name)
    with an.Session(painted.volume) as other:
        other.load_label(first)
        np.testing.assert_array_equal(other.segmentation.data, painted.segmentation.data)
        assert list(other.classes) == list(painted.classes)
        second = other.save_label(tmp_path / f"again_{name}")
    with an.Session(painted.volume) as third:
        third.load_label(second)
        np.testing.assert_array_equal(third.segmentation.data, painted.segmentation.data)
        assert list(third.classes) == list(painted.classes)


def test_a_label_is_saved_in_the_type_that_was_asked_for(painted, tmp_path):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    path = painted.save_label(tmp_path / "labels.tif", dtype="uint16")
    assert an.read(path).dtype == np.uint16


def test_label_editing_is_refused_not_ignored(session, tmp_path):
    with pytest.raises(SessionError, match="label editing is not there yet"):
        session.load_label(tmp_path / "labels.tif", edit=True)


def test_a_label_of_another_shape_is_refused_and_nothing_changes(painted, tmp_path):
    import tifffile

    tifffile.imwrite(tmp_path / "other.tif", np.zeros((5, 40, 48), "uint8"))
    with pytest.raises(an.ReadError, match=r"(?s)^other\.tif.*\(5, 40, 48\).*\(6, 40, 48\)"):
        painted.load_label(tmp_path / "other.tif")
    assert painted.segmentation is None


def test_a_foreign_label_gets_classes_for_the_ids_it_uses(session, tmp_path):
    import tifffile

    labels = np.zeros(session.volume.shape, "uint8")
    labels[:, 3, 3], labels[:, 9, 9] = 1, 7
    tifffile.imwrite(tmp_path / "other.tif", labels)
    session.load_label(tmp_path / "other.tif")
    assert [(item.id, item.name) for item in session.classes] == [
        (0, "Background"),
        (1, "Class 1"),
        (7, "Class 7"),
    ]


def test_loaded_superpixels_serve_apply_without_generating(painted, tmp_path, monkeypatch):
    painted.generate_superpixels()
    painted.apply()
    path = painted.save_superpixels(tmp_path / "superpixels.tif")
    with an.Session(painted.volume) as other:
        other.classes.add("ball")
        other.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
        other.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)
        other.pipeline = an.Pipeline(superpixels=an.Slic())
        monkeypatch.setattr(other._engine, "superpixels", pytest.fail)
        other.load_superpixels(path)
        other.apply()
        np.testing.assert_array_equal(other.segmentation.data, painted.segmentation.data)


def test_a_visualization_image_must_have_the_same_shape(session):
    with pytest.raises(SessionError, match=r"\(2, 3, 4\).*\(6, 40, 48\)"):
        session.visualization = an.Volume(np.zeros((2, 3, 4)), name="other")
    session.visualization = an.Volume(np.zeros(session.volume.shape))
    session.show(image="alternative")
    assert session.probe((0, 0, 0)).value == 0


def test_a_view_that_does_not_exist_is_refused(session):
    for bad, words in (
        ({"colormap": "Mud"}, "no colour map is called 'Mud'"),
        ({"axis": "w"}, "axis"),
        ({"colourmap": "Hot"}, "did you mean 'colormap'"),
        ({"z": -1}, "greater than or equal to 0"),
        ({"window": (5, 5)}, "black must be less than white"),
        ({"window": (0, float("nan"))}, "black must be less than white"),
    ):
        with pytest.raises(ValueError, match=words):
            session.show(**bad)
    session.show(axis="y", y=9999)
    assert session.view.index == 39


def test_a_class_that_does_not_exist_cannot_be_chosen(session):
    with pytest.raises(KeyError, match="there is no class 7"):
        session.show(label=7)
    assert session.view.label == 0


def test_marks_without_a_finite_value_are_explained():
    with an.Session(an.Volume(np.full((1, 9, 9), np.nan))) as session:
        session.classes.add("thing")
        session.paint([(1, 1)], label=0, radius=1)
        session.paint([(7, 7)], label=1, radius=1)
        session.pipeline = an.Pipeline(superpixels=None)
        with pytest.raises(an.TrainingError, match="No marked voxel has a finite value"):
            session.apply()


def test_steps_through_the_slices_stop_at_the_ends(session):
    session.step_slice(-99)
    assert session.view.z == 0
    session.step_slice(99)
    assert session.view.z == 5


@pytest.mark.parametrize(
    "image",
    [
        np.full((3, 30, 30), 7, "uint8"),
        np.zeros((1, 30, 30), "float32"),
        np.random.default_rng(0).random((30, 30)),
        np.random.default_rng(0).random((1, 1, 60)),
        np.random.default_rng(0).integers(-500, 500, (2, 30, 30)).astype("int16"),
        np.where(np.eye(30, dtype=bool), np.nan, 1.0)[None],
        np.where(np.eye(30, dtype=bool), np.inf, np.arange(30.0))[None],
    ],
    ids=["constant", "zeros", "2d", "line", "signed", "nan", "inf"],
)
@pytest.mark.parametrize("grouping", [an.Waterpixels(), an.Slic(), None])
def test_odd_images_go_all_the_way(image, grouping):
    with an.Session(an.Volume(image)) as session:
        session.classes.add("thing")
        width = session.volume.shape[2]
        session.paint([(0, 1)], index=0, label=0, radius=1)
        session.paint([(0, width - 2)], index=0, label=1, radius=1)
        session.pipeline = an.Pipeline(superpixels=grouping, selection=None, classifier=FAST)
        if grouping:
            session.generate_superpixels()
        session.preview()
        session.apply()
        assert session.segmentation.shape == session.volume.shape


def test_annotation_comes_back_with_its_classes_in_one_step(painted, tmp_path):
    path = painted.save_annotation(tmp_path / "markers.tif")
    with an.Session(painted.volume) as other:
        other.load_annotation(path)
        np.testing.assert_array_equal(other.markers.data, painted.markers.data)
        assert list(other.classes) == list(painted.classes)
        assert other.markers.stroke_count() == 2
        assert other.undo() == "load annotation"
        assert other.markers.stroke_count() == 0
        assert [item.name for item in other.classes] == ["Background"]


def test_a_class_is_shown_alone_and_found(painted):
    painted.classes.isolate(1)
    assert painted.classes.hidden == {0}
    painted.classes.isolate(1)
    assert painted.classes.hidden == frozenset()
    with pytest.raises(SessionError, match="no voxel is labelled ball yet"):
        painted.center_on(1)
    painted.pipeline = an.Pipeline(superpixels=None, classifier=FAST)
    painted.apply()
    painted.center_on(1)
    np.testing.assert_allclose(painted.view.position, (3, 20, 24), atol=1.5)


@pytest.mark.parametrize("suffix", [".tif", ".h5", ".ome.zarr", ".nii.gz", ".raw"])
def test_the_suffix_of_a_label_chooses_its_format(painted, tmp_path, suffix):
    painted.pipeline = an.Pipeline(superpixels=None, features=(an.Identity(),), selection=None)
    painted.apply()
    for _ in range(2):
        path = painted.save_label(tmp_path / f"a{suffix}")
    assert path.name.endswith(suffix)
    assert len(list(tmp_path.glob("a*[!n]"))) == 1  # but for the table beside a RAW


@pytest.mark.parametrize("suffix", [".h5", ".zarr", ".nii.gz"])
def test_all_that_is_saved_loads_into_another_session(painted, tmp_path, suffix):
    painted.generate_superpixels()
    painted.apply()
    label = painted.save_label(tmp_path / f"label{suffix}")
    superpixels = painted.save_superpixels(tmp_path / f"superpixels{suffix}")
    annotation = painted.save_annotation(tmp_path / f"annotation{suffix}")
    with an.Session(painted.volume) as session:
        session.load_annotation(annotation)
        session.load_superpixels(superpixels)
        session.load_label(label)
        assert session.classes[1] == painted.classes[1]
        for name in ("markers", "superpixels", "segmentation"):
            found, expected = getattr(session, name).data, getattr(painted, name).data
            np.testing.assert_array_equal(np.asarray(found), np.asarray(expected))


def test_one_of_several_labels_in_a_file_is_loaded_by_name(session, tmp_path):
    shape = session.volume.shape
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["rough"], file["fine"] = np.zeros(shape, "uint8"), np.ones(shape, "uint8")
    with pytest.raises(io.ChoiceNeeded, match=r"^a\.h5: "):
        session.load_label(tmp_path / "a.h5")
    session.load_label(tmp_path / "a.h5", dataset="fine")
    assert session.segmentation.data.min() == 1


def test_the_folder_of_an_image_is_never_written_over(volume, tmp_path):
    folder = tmp_path / "scan.zarr"
    (folder / "0" / "0").mkdir(parents=True)
    (folder / "0" / "0" / "0.tif").write_bytes(b"chunk")
    source = dataclasses.replace(volume, source=folder)
    with an.Session(source) as session:
        with pytest.raises(SessionError, match=r"is the image itself; choose another name"):
            session.save_annotation(folder)
        with pytest.raises(SessionError, match=r"lies in the folder scan\.zarr"):
            session.save_annotation(folder / "0" / "0" / "0.tif")


@pytest.mark.parametrize(
    ("field", "value"), [("name", "bone"), ("color", "#123456"), ("visible", False)]
)
def test_an_assignment_to_a_class_says_what_to_call(session, field, value):
    with pytest.raises(AttributeError, match=r"^class 0 Background .*use classes\.rename\(0, "):
        setattr(session.classes[0], field, value)
    assert session.classes[0].name == "Background"
