import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.widgets.classifier_panel import ClassifierPanel
from annotat_nb.widgets.mask_choice import MaskChoice
from annotat_nb.widgets.session_dialogs import MASK_STAYS

NAMES = {0: "Background", 1: "sample", 2: "<b>x</b>"}


def test_the_classes_are_asked_for_once_a_mask_is_wanted():
    choice = MaskChoice(NAMES, "Apply")
    assert choice.value is None
    assert choice.children[1].layout.display == "none"
    choice.use.value = True
    assert choice.children[1].layout.display != "none"
    with pytest.raises(ValueError, match="choose at least one class"):
        choice.value  # noqa: B018
    choice.classes.value = (1,)
    assert choice.value == (1,)


def test_a_chosen_class_that_is_gone_is_still_offered():
    choice = MaskChoice(NAMES, "Apply")
    choice.value = (1, 7)
    assert choice.value == (1, 7)
    assert ("Class 7", 7) in choice.classes.options


def test_the_panel_sets_the_mask_of_the_pipeline():
    accepted = []
    panel = ClassifierPanel(an.Pipeline(), accepted.append, print, classes=NAMES, label="Apply")
    panel.mask.use.value, panel.mask.classes.value = True, (1,)
    panel.ok.click()
    assert accepted == [an.Pipeline(mask=(1,))]
    panel.mask.classes.value = ()
    panel.ok.click()
    assert "at least one class" in panel.status.value
    assert len(accepted) == 1
    panel.reset.click()
    assert panel.value == an.Pipeline()


def test_without_a_label_it_says_what_to_do_first():
    choice = MaskChoice(NAMES, "")
    assert "press Apply without a mask first" in choice.children[1].children[0].value


def test_the_panel_beside_the_picture_says_that_a_mask_is_on(app, painted):
    line = app.panels.segmentation.mask
    assert line.value == ""
    painted.pipeline = painted.pipeline.model_copy(update={"mask": (0, 1)})
    assert line.value == "Inside Background, block only"
    assert "Strokes elsewhere do not train" in line.tip
    assert line.tooltip is None  # of a box it is an error in the browser
    painted.pipeline = painted.pipeline.model_copy(update={"mask": None})
    assert line.value == line.tip == ""


def test_the_form_says_which_label_the_mask_is_and_offers_the_one_loaded_since(
    app, painted, tmp_path, choose, wait
):
    painted.pipeline = an.Pipeline(superpixels=None, selection=None)
    painted.apply()
    app.menu.run("Classification", "Change classifier parameters…")
    choice = app.dialogs.shown.mask
    assert lines_of(choice) == ["Classes of the label that Apply made", ""]
    assert choice.renew.layout.display == "none"
    painted.pipeline = painted.pipeline.model_copy(update={"mask": (0, 1)})
    painted.preview()
    label = np.ones(painted.volume.shape, "uint8")
    tifffile.imwrite(tmp_path / "mine.tif", label, photometric="minisblack")
    app.menu.run("File", "Load label…")
    choose(app, tmp_path / "mine.tif")
    assert app.message.text == f"Loaded {tmp_path / 'mine.tif'}. {MASK_STAYS}"
    app.menu.run("Classification", "Change classifier parameters…")
    choice = app.dialogs.shown.mask
    assert lines_of(choice) == [
        "Classes of the label that Apply made, as it was when the mask was first used",
        "There is a newer one: the label loaded from mine.tif",
    ]
    choice.renew.value = True
    app.dialogs.shown.ok.click()
    wait(app)
    assert painted.results.mask.origin == "mine.tif"
    app.menu.run("File", "Load label…")
    painted.pipeline = painted.pipeline.model_copy(update={"mask": None})
    choose(app, tmp_path / "mine.tif")
    assert app.message.text == f"Loaded {tmp_path / 'mine.tif'}"


def lines_of(choice):
    return [line.value for line in choice.children[1].children[:2]]
