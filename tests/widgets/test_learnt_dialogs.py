"""Classifiers and training data in the menu, other images, and what is locked then."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.classify.classifier_file import write_classifier
from annotat_nb.store.stored import StoredArray
from annotat_nb.widgets.learnt_dialogs import OTHER_PARAMETERS
from annotat_nb.widgets.segmentation_panel import SegmentationPanel
from annotat_nb.widgets.sentences import AS_LOADED, next_step

FAST = an.Pipeline(
    superpixels=None,
    features=(an.Identity(), an.Gaussian(radii=(1, 2))),
    selection=None,
    classifier=an.RandomForest(n_estimators=10),
)


@pytest.fixture
def files(volume, tmp_path):
    """A classifier and training data of the block, and the label that they led to."""
    with an.Session(volume) as session:
        session.classes.add("block")
        session.paint([(14, 14), (14, 26)], index=2, label=1, radius=2)
        session.paint([(3, 3), (3, 36)], index=2, label=0, radius=2)
        session.pipeline = FAST
        session.apply()
        classifier = session.save_classifier(tmp_path / "block.classifier")
        training = session.save_training_data(tmp_path / "block.training")
        return classifier, training, session.segmentation.data.copy()


@pytest.fixture
def empty(volume):
    """An Annotator on an image where nothing is done yet."""
    with an.Session(volume) as session:
        app = an.Annotator(session)
        yield app
        app.close()


def run(app, title):
    app.menu.run("Classification", title)


def reason(app, title):
    (menu,) = [menu for menu in app.menu.menus if menu["label"] == "Classification"]
    return next(item["reason"] for item in menu["items"] if item["label"] == title)


def press(app, title):
    """Press the button of the open dialog that says `title`."""
    buttons = app.dialogs.shown.children[-1].children
    next(b for b in buttons if b.description == title).click()


def test_the_menu_is_that_of_the_original(app):
    (menu,) = [menu for menu in app.menu.menus if menu["label"] == "Classification"]
    assert [item["label"] for item in menu["items"]] == [
        "Load classifier…",
        "Save classifier…",
        "Change classifier parameters…",
        "Accuracy and features…",  # which the original has not
        "Save annotation…",
        "Load annotation…",
        "Load training data…",
        "Save training data…",
        "Classify another image…",
        "Generate superpixels",
        "Preview",
        "Apply",
        "Live update",  # nor this
    ]


def test_what_cannot_be_saved_says_why(empty):
    assert reason(empty, "Save classifier…").startswith("No classifier is trained yet")
    assert reason(empty, "Save training data…").startswith("Nothing is painted yet")
    assert reason(empty, "Load classifier…") is None
    assert reason(empty, "Classify another image…") is None


def test_the_buttons_do_what_the_api_does(app, painted, files, tmp_path, choose, wait):
    painted.pipeline = FAST
    painted.apply()
    for title, name, made in (
        ("Save classifier…", "a.classifier", files[0]),
        ("Save training data…", "a.training", files[1]),
    ):
        run(app, title)
        choose(app, tmp_path / name)
        assert app.message.text == f"Saved {tmp_path / name}"
        assert (tmp_path / name).read_bytes() == made.read_bytes()


def test_a_name_without_ending_gets_it_and_a_file_there_is_asked_about(
    app, painted, tmp_path, choose, wait
):
    painted.pipeline = FAST
    painted.apply()
    (tmp_path / "b.classifier").write_bytes(b"mine")
    run(app, "Save classifier…")
    choose(app, tmp_path / "b")
    assert "b.classifier exists: save again to replace it" in app.dialogs.shown.status.value
    assert (tmp_path / "b.classifier").read_bytes() == b"mine"
    app.dialogs.shown.ok.click()
    wait(app)
    assert an.load_classifier(tmp_path / "b.classifier").pipeline.classifier == FAST.classifier


def test_a_loaded_classifier_is_applied_without_a_stroke(empty, files, choose, wait):
    run(empty, "Load classifier…")
    choose(empty, files[0])
    assert empty.message.text == f"Loaded {files[0]}. {OTHER_PARAMETERS}"
    assert empty.panels.segmentation.loaded.value == "With classifier block.classifier"
    assert not empty.panels.segmentation.buttons["apply"].disabled
    assert next_step(empty.session) == "Press Apply: block.classifier needs no strokes"
    empty.panels.run("apply")
    wait(empty)
    np.testing.assert_array_equal(empty.session.segmentation.data, files[2])
    assert next_step(empty.session).startswith("Scroll through the slices")


def test_classes_with_another_number_are_told(empty, files, choose):
    empty.session.classes.add("pore")
    run(empty, "Load classifier…")
    choose(empty, files[0])
    assert empty.message.text == f"Loaded {files[0]}. {OTHER_PARAMETERS}. block is class 2 here"


def test_painting_over_a_loaded_classifier_is_warned_of_before_apply(empty, files):
    session = empty.session
    session.load_classifier(files[0])
    session.paint([(14, 14), (14, 26)], index=2, label=1, radius=2)
    apply = empty.panels.segmentation.buttons["apply"]
    assert apply.disabled
    assert "undo what was painted to use block.classifier as it is" in apply.tooltip
    session.paint([(3, 3), (3, 36)], index=2, label=0, radius=2)
    assert not apply.disabled
    for said in (apply.tooltip, empty.message.text):
        assert said.startswith("Apply trains anew, on the strokes of this image alone")
    session.undo()
    session.undo()
    assert empty.message.text == "Press Apply: block.classifier needs no strokes"


def test_training_data_need_a_word_too(empty, files, choose):
    run(empty, "Load training data…")
    choose(empty, files[1])
    assert next_step(empty.session).startswith("Press Apply: it learns from block.training and")
    assert empty.panels.segmentation.loaded.value == "With training data block.training"


def test_superpixels_come_first(empty, files):
    empty.session.load_classifier(files[0])
    empty.session.forget_classifier()
    empty.session.pipeline = an.Pipeline()
    assert next_step(empty.session).startswith("Press Generate superpixels")


def test_locked_parameters_are_shown_grey_with_the_way_to_free_them(empty, files):
    session = empty.session
    session.load_classifier(files[0])
    run(empty, "Change classifier parameters…")
    panel = empty.dialogs.shown
    assert (
        panel.children[1].children[0].value.startswith("What is grey here belongs to block.class")
    )
    grey = (
        *(choice.tick for choice in panel.features.choices.values()),
        panel.features.shared.controls["radii"],
        panel.superpixels.kind,
        *panel.pooling.values(),
        panel.select,
        panel.classifier.kind,
        panel.classifier.form.controls["n_estimators"],
        panel.advanced.controls["seed"],
    )
    for control in grey:
        assert control.disabled
        assert "to block.classifier: let go of it to change this" in control.tooltip
    assert not panel.advanced.controls["device"].disabled
    panel.advanced.controls["device"].value = "cpu"
    panel.ok.click()
    assert session.pipeline == FAST.model_copy(update={"device": "cpu"})


def test_reset_leaves_what_is_locked(empty, files):
    empty.session.load_classifier(files[0])
    run(empty, "Change classifier parameters…")
    panel = empty.dialogs.shown
    panel.reset.click()
    panel.ok.click()
    assert empty.session.pipeline == FAST
    assert empty.dialogs.shown is None


def test_training_data_lock_features_but_not_the_classifier(empty, files):
    empty.session.load_training_data(files[1])
    run(empty, "Change classifier parameters…")
    panel = empty.dialogs.shown
    assert panel.superpixels.kind.disabled
    assert not panel.classifier.kind.disabled
    assert not panel.select.disabled
    panel.classifier.kind.value = an.LinearSvm
    panel.ok.click()
    assert empty.session.pipeline.classifier == an.LinearSvm()


@pytest.mark.parametrize("number", [0, 1])
def test_letting_go_frees_the_parameters(empty, files, number):
    session = empty.session
    (session.load_classifier, session.load_training_data)[number](files[number])
    run(empty, "Change classifier parameters…")
    _, free = empty.dialogs.shown.children[1].children
    assert free.description == f"Let go of {files[number].name}"
    free.click()
    assert session.loaded is None
    assert empty.message.text == f"Let go of {files[number].name}: load it again to use it"
    panel = empty.dialogs.shown
    assert not panel.classifier.kind.disabled
    panel.classifier.form.controls["n_estimators"].value = "7"
    panel.ok.click()
    assert session.pipeline.classifier == an.RandomForest(n_estimators=7)
    assert empty.panels.segmentation.loaded.value == ""


@pytest.mark.parametrize("title", ["Load classifier…", "Load training data…", "Load annotation…"])
def test_a_pickle_of_the_original_is_refused_with_the_way_over(empty, tmp_path, choose, title):
    old = tmp_path / "old.pkl"
    old.write_bytes(pickle.dumps({(0, 0, 0): (1, 1)}))
    run(empty, title)
    choose(empty, old)
    said = empty.dialogs.shown.status.value
    assert said.startswith("old.pkl: is a Python pickle, as Annotat3D saves")
    assert "an int16 image that is -1" in said
    assert empty.session.loaded is None


def test_another_image_is_classified_with_the_present_classifier(
    app, painted, on_disk, tmp_path, choose
):
    painted.pipeline = FAST
    painted.apply()
    run(app, "Classify another image…")
    assert "The present one tells apart Background, block." in app.dialogs.shown.children[0].value
    press(app, "The present one")
    choose(app, on_disk)
    assert app.dialogs.shown.path.value.endswith("scan_labels.tif")
    choose(app, tmp_path / "scan_labels.tif")
    assert app.message.text == f"Saved {tmp_path / 'scan_labels.tif'}"
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "scan_labels.tif"), painted.segmentation.data
    )
    assert app.session is painted


def test_another_image_is_classified_with_a_classifier_from_a_file(
    empty, files, on_disk, tmp_path, choose
):
    run(empty, "Classify another image…")
    choose(empty, files[0])
    choose(empty, on_disk)
    choose(empty, tmp_path / "out.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), files[2])
    assert empty.session.loaded is None
    run(empty, "Classify another image…")
    assert empty.dialogs.shown.path.value.endswith("/")  # asked for a file: none is trained here


def test_another_image_is_classified_on_the_device_of_the_pipeline(
    app, painted, on_disk, tmp_path, choose, card
):
    for device in ("cpu", "cuda:0"):
        painted.pipeline = FAST.model_copy(update={"device": device})
        painted.apply()
        card.calls = 0
        run(app, "Classify another image…")
        press(app, "The present one")
        choose(app, on_disk)
        choose(app, tmp_path / f"{device[:4]}.tif")
        assert app.message.text.startswith("Saved")
        assert (card.calls > 0) == (device != "cpu")


@pytest.mark.filterwarnings("error")
def test_a_full_graphics_card_is_said_on_the_page(
    app, painted, files, on_disk, tmp_path, choose, card
):
    full = "The graphics card ran out of memory, so the processor computed the rest"
    painted.pipeline = FAST
    card.room = 0
    run(app, "Save training data…")
    choose(app, tmp_path / "a.training")
    assert app.message.text == f"Saved {tmp_path / 'a.training'}. {full}"
    run(app, "Classify another image…")
    choose(app, files[0])
    choose(app, on_disk)
    choose(app, tmp_path / "out.tif")
    assert app.message.text == f"Saved {tmp_path / 'out.tif'}. {full}"


def test_another_image_that_does_not_fit_into_memory_goes_through_the_disk(
    app, painted, files, on_disk, tmp_path, choose, monkeypatch
):
    made = []
    create = StoredArray.create

    def noting(folder, *arguments):
        made.append(folder)
        return create(folder, *arguments)

    monkeypatch.setattr(StoredArray, "create", noting)
    painted.memory_budget = 0
    run(app, "Classify another image…")
    choose(app, files[0])
    choose(app, on_disk)
    (tmp_path / "out").mkdir()
    choose(app, tmp_path / "out" / "label.tif")
    assert app.message.text.startswith("Saved")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out" / "label.tif"), files[2])
    assert made
    assert all(folder.parents[1] == tmp_path / "out" for folder in made)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["label.tif"]


def test_a_choice_of_two_classifiers_offers_a_file(app, painted, files, choose):
    painted.pipeline = FAST
    painted.apply()
    run(app, "Classify another image…")
    press(app, "One from a file…")
    choose(app, files[0])
    assert "the image" in app.dialogs.shown.children[0].value


def test_a_raw_image_is_asked_for_its_size(empty, files, volume, tmp_path, choose, wait):
    raw = tmp_path / "scan.raw"
    raw.write_bytes(volume.data.tobytes())
    run(empty, "Classify another image…")
    choose(empty, files[0])
    choose(empty, raw)
    panel = empty.dialogs.shown
    for axis, size in zip("zyx", volume.shape, strict=True):
        panel.sizes[axis].value = size
    panel.dtype.value = "uint8"
    panel.ok.click()
    wait(empty)
    choose(empty, tmp_path / "out.tif")
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "out.tif"), files[2])


def test_an_image_much_brighter_is_warned_of_before_it_is_classified(
    empty, files, volume, tmp_path, choose
):
    bright = tmp_path / "bright.tif"
    tifffile.imwrite(bright, volume.data.astype("uint16") * 200, photometric="minisblack")
    run(empty, "Classify another image…")
    choose(empty, files[0])
    choose(empty, bright)
    assert "bring it to the same scale" in empty.dialogs.shown.status.value


def test_neither_image_is_written_over(on_disk, files, volume, tmp_path, choose):
    other = tmp_path / "other.tif"
    tifffile.imwrite(other, volume.data, photometric="minisblack")
    app = an.Annotator()
    app.open_image(on_disk)
    before = on_disk.read_bytes(), other.read_bytes()
    for target in (on_disk, other):
        run(app, "Classify another image…")
        choose(app, files[0])
        choose(app, other)
        choose(app, target)
        app.dialogs.shown.ok.click()  # save again to replace it
        choose_again = app.dialogs.shown
        assert choose_again is None
    assert (on_disk.read_bytes(), other.read_bytes()) == before
    app.close()


def test_who_may_only_look_saves_but_loads_nothing(volume, files, tmp_path):
    path = tmp_path / "a.annotat"
    with an.Session(volume, workspace=path) as session:
        session.load_classifier(files[0])
        with an.open(path, read_only=True) as looking:
            app = an.Annotator(looking)
            assert "open elsewhere" in reason(app, "Load classifier…")
            assert "open elsewhere" in reason(app, "Load training data…")
            assert reason(app, "Save classifier…") is None
            assert reason(app, "Classify another image…") is None
            app.close()


def test_names_of_files_are_text(empty, files, tmp_path):
    odd = tmp_path / "<b>$x$<b>.classifier"
    files[0].rename(tmp_path / "moved")
    odd.write_bytes((tmp_path / "moved").read_bytes())
    empty.session.load_classifier(odd)
    assert "<b>$x$<b>.classifier" in empty.panels.segmentation.loaded.value
    shown = empty.panels.segmentation.loaded._sentence.value
    assert "&lt;b&gt;" in shown
    run(empty, "Change classifier parameters…")
    line, free = empty.dialogs.shown.children[1].children
    assert "<b>" in line.value
    assert "&lt;b&gt;" in line._sentence.value
    assert "<b>" in free.description  # a button shows text only


def test_strokes_over_a_loaded_classifier_lead_to_one_of_their_own_and_back(empty, files, wait):
    session, panel = empty.session, empty.panels.segmentation
    session.load_classifier(files[0])
    session.apply()
    accuracy = panel.accuracy.value
    assert next_step(session) == AS_LOADED
    session.paint([(14, 14), (14, 26)], index=2, label=1, radius=2)
    assert next_step(session).startswith("Strokes do not mend block.classifier")
    session.paint([(3, 3), (3, 36)], index=2, label=0, radius=2)
    assert panel.loaded.value == "Strokes in place of classifier block.classifier"
    assert panel.accuracy.value == "Not trained yet on these strokes"
    empty.panels.run("apply")
    wait(empty)
    assert panel.accuracy.value.startswith("Right about")
    assert next_step(session).startswith("Scroll through the slices, paint where")
    session.undo()
    session.undo()
    assert panel.loaded.value == "With classifier block.classifier"
    assert panel.accuracy.value == accuracy
    assert "press Apply" in next_step(session) or "Press Apply" in next_step(session)


def test_training_data_count_once_they_were_trained_on(painted, files):
    painted.pipeline = FAST
    painted.apply()
    panel = SegmentationPanel(painted, print, print, print)
    assert panel.accuracy.value.startswith("Right about")
    painted.load_training_data(files[1])
    panel.refresh()
    assert panel.accuracy.value.startswith("Not trained yet")
    painted.apply()
    panel.refresh()
    assert panel.accuracy.value.startswith("Right about")


def test_loading_a_classifier_of_a_mask_says_so_at_once(empty, files, choose, tmp_path):
    known = an.load_classifier(files[0])
    path = write_classifier(tmp_path / "phases.classifier", replace(known, inside=("bone", "ink")))
    run(empty, "Load classifier…")
    choose(empty, path)
    assert "trained inside the classes bone, ink of another label" in empty.message.text
    run(empty, "Classify another image…")
    press(empty, "The present one")
    tifffile.imwrite(tmp_path / "scan.tif", known_image(), photometric="minisblack")
    choose(empty, tmp_path / "scan.tif")
    assert "trained inside the classes bone, ink" in empty.dialogs.shown.status.value


def known_image():
    return np.random.default_rng(1).integers(0, 200, (3, 20, 20)).astype("uint8")


def test_what_loading_does_to_the_parameters_is_said_before_and_after(empty, files, choose):
    run(empty, "Load training data…")
    assert "its filters, superpixels and pooling replace the present ones" in heading(empty)
    choose(empty, files[1])
    assert "The parameters set here before gave way to those of the file" in empty.message.text
    run(empty, "Load training data…")
    choose(empty, files[1])
    assert "gave way" not in empty.message.text
    run(empty, "Load classifier…")
    assert "its parameters replace the present ones" in heading(empty)


def heading(app):
    return app.dialogs.shown.children[0].value
