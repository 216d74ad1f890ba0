"""Live update: the preview follows by itself, the last stroke wins, and nothing waits for it."""

import threading

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.classify import Segmenter
from annotat_nb.session import ReadOnly, live

FAST = an.RandomForest(n_estimators=20)
BY_SUPERPIXELS = an.Pipeline(superpixels=an.Waterpixels(seed_spacing=4), classifier=FAST)
BY_VOXELS = an.Pipeline(superpixels=None, classifier=FAST)


@pytest.fixture
def ready(painted):
    """A session in which nothing is missing, at the slice that was painted on."""
    painted.pipeline = BY_SUPERPIXELS
    painted.generate_superpixels()
    painted.show(z=3)
    return painted


@pytest.fixture
def fits(monkeypatch):
    """How many times something was learnt to the end."""
    done, fit = [], Segmenter.fit

    def counted(self, *arguments, **options):
        model = fit(self, *arguments, **options)
        done.append(model)
        return model

    monkeypatch.setattr(Segmenter, "fit", counted)
    return done


def expected(session, z=None):
    """What Preview gives on the strokes that there are now."""
    with an.Session(session.volume) as other:
        other.pipeline = session.pipeline
        for item in list(session.classes)[1:]:
            other.classes.add(item.name)
        labels = np.asarray(session.markers.data)
        for label in range(len(session.classes)):
            for z_, y, x in np.argwhere(labels == label).tolist():
                other.paint([(y, x)], index=z_, label=label, radius=0)
        if session.pipeline.superpixels:
            other.generate_superpixels()
        other.preview(index=session.view.z if z is None else z)
        return slice_of(other, session.view.z if z is None else z)


def slice_of(session, z):
    preview = session.previewed
    return preview.labels[z - preview.box[0].start]


def follows(session):
    assert session.live_update.wait(20)
    np.testing.assert_array_equal(slice_of(session, session.view.z), expected(session))


def test_it_is_off_at_first_and_then_nothing_happens(ready):
    assert not ready.live
    assert ready.live_update.state == "off"
    ready.paint([(30, 30)], index=3, label=0)
    assert ready.runner.current is None


@pytest.mark.parametrize("pipeline", [BY_SUPERPIXELS, BY_VOXELS], ids=["superpixels", "voxels"])
def test_after_each_stroke_the_shown_slice_is_what_preview_gives(ready, pipeline):
    ready.pipeline = pipeline
    ready.live = True
    follows(ready)
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    follows(ready)
    assert ready.segmentation is None


def test_the_shown_slice_comes_first_then_those_around_it(ready):
    boxes = []
    ready.results.preview_changed.connect(lambda: boxes.append(ready.results.previewed.box[0]))
    ready.live = True
    assert ready.live_update.wait(20)
    assert boxes == [slice(3, 4), slice(0, 6)]


def test_undo_redo_and_erasing_are_changes_too(ready):
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    ready.live = True
    follows(ready)
    for change in (
        ready.undo,
        ready.redo,
        lambda: ready.erase([(20, 34)], index=3, radius=3),
        lambda: ready.erase_stroke((28, 34), index=3),
    ):
        before = ready.results.previewed
        change()
        assert ready.live_update.state == "updating"
        follows(ready)
        assert ready.results.previewed is not before


def test_a_name_or_a_colour_is_none(ready):
    ready.live = True
    assert ready.live_update.wait(20)
    ready.classes.rename(1, "sphere")
    ready.classes.recolor(1, "#123456")
    ready.show(radius=7)
    assert ready.live_update.state == "current"
    assert ready.runner.current is None


def test_what_is_missing_is_said_and_no_superpixels_are_made_by_itself(session, monkeypatch):
    session.pipeline = BY_SUPERPIXELS
    session.live = True
    superpixels = session._engine.superpixels
    monkeypatch.setattr(session._engine, "superpixels", pytest.fail)
    said = []
    session.live_update.changed.connect(lambda: said.append(session.live_update.obstacle))
    session.classes.add("ball")
    session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
    assert session.live_update.state == "waiting"
    assert said[-1].startswith("Generate superpixels first")
    monkeypatch.setattr(session._engine, "superpixels", superpixels)
    session.generate_superpixels()
    assert said[-1] == "Paint a second class: so far only ball has strokes"
    assert session.superpixels is not None
    assert session.previewed is None
    session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)
    assert session.live_update.wait(20)
    assert session.previewed is not None
    session.erase_all()
    assert session.live_update.state == "waiting"


def test_superpixels_of_other_parameters_are_to_be_made_first(ready, monkeypatch):
    ready.live = True
    assert ready.live_update.wait(20)
    ready.pipeline = ready.pipeline.model_copy(update={"superpixels": an.Slic(seed_spacing=5)})
    assert ready.live_update.state == "waiting"
    assert "press Generate superpixels" in ready.live_update.obstacle
    ready.generate_superpixels()
    follows(ready)


def test_a_stroke_while_it_learns_is_there_at_once_and_wins(ready, held_training):
    ready.live = True
    assert held_training.inside.wait(20)
    first = ready.runner.current
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    assert ready.markers.data[3, 24, 34] == 0
    assert ready.live_update.state == "updating"
    held_training.set()
    follows(ready)
    assert first.state == "cancelled"


def test_many_quick_strokes_are_learnt_a_few_times_and_the_last_one_counts(ready, fits):
    ready.live = True
    for row in range(20):
        ready.paint([(row, 44)], index=3, label=row % 2, radius=1)
    follows(ready)
    assert 1 <= len(fits) - 1 <= 4  # the last one learnt for `expected`


def test_scrolling_classifies_without_learning_anew(ready, fits):
    ready.live = True
    assert ready.live_update.wait(20)
    for z in (4, 0, 5):
        ready.show(z=z)
        assert ready.live_update.wait(20)
        assert len(fits) == 1
        np.testing.assert_array_equal(slice_of(ready, z), expected(ready, z))
        del fits[1:]
    ready.show(axis="y", y=20)
    assert ready.live_update.wait(20)
    assert len(fits) == 1
    side = ready.previewed.box[1]
    assert side.start <= 20 < side.stop


def test_scrolling_while_it_learns_goes_on_and_shows_where_one_is_then(ready, held_training):
    ready.live = True
    assert held_training.inside.wait(20)
    job = ready.runner.current
    ready.show(z=1)
    held_training.set()
    assert ready.live_update.wait(20)
    assert job.state == "done"
    np.testing.assert_array_equal(slice_of(ready, 1), expected(ready, 1))


def test_scrolling_while_it_classifies_turns_to_the_new_slice_at_once(ready, monkeypatch):
    gate, inside, classify = threading.Event(), threading.Event(), ready._engine.classify

    def hold(*arguments):
        inside.set()
        assert gate.wait(20)
        return classify(*arguments)

    monkeypatch.setattr(ready._engine, "classify", hold)
    ready.live = True
    assert inside.wait(20)
    job = ready.runner.current
    ready.show(z=1)
    gate.set()
    assert ready.live_update.wait(20)
    assert job.state == "cancelled"
    np.testing.assert_array_equal(slice_of(ready, 1), expected(ready, 1))


def test_nothing_is_learnt_while_strokes_keep_coming_and_apply_need_not_wait(
    ready, fits, monkeypatch
):
    ready.preview()  # loads what learning needs
    monkeypatch.setattr(live, "QUIET", 250)
    ready.live = True
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    ready.paint([(10, 34), (12, 34)], index=3, label=0, radius=2)
    assert not ready.live_update.wait(1)
    assert ready.live_update.state == "updating"
    assert len(fits) == 1
    for _ in range(5):
        ready.paint([(10, 34), (12, 34)], index=3, label=0, radius=2)
        ready.apply()


def test_where_the_preview_reaches_scrolling_computes_nothing(ready, monkeypatch):
    ready.live = True
    assert ready.live_update.wait(20)
    before = ready.results.previewed
    monkeypatch.setattr(ready._engine, "classify", pytest.fail)
    ready.show(z=4)  # with all slices around it, as the volume has no more
    assert ready.live_update.wait(20)
    assert ready.results.previewed is before


def test_it_gives_way_to_apply_and_leaves_its_label_alone(ready, held_training):
    ready.live = True
    assert held_training.inside.wait(20)
    live = ready.runner.current
    apply = ready.apply(block=False)
    held_training.set()
    assert apply.wait(20)
    assert live.state == "cancelled"
    assert apply.state == "done"
    assert ready.live_update.wait(20)
    assert ready.previewed is None
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    follows(ready)
    ready.undo()
    assert ready.live_update.wait(20)
    assert ready.previewed is None  # the label is right again


@pytest.fixture
def other_superpixels(volume, tmp_path):
    """A file of superpixels that no pipeline here makes."""
    with an.Session(volume) as other:
        other.pipeline = an.Pipeline(superpixels=an.Slic(seed_spacing=6))
        other.generate_superpixels()
        return other.save_superpixels(tmp_path / "other.tif")


def test_with_other_superpixels_the_label_is_not_up_to_date(ready, other_superpixels):
    ready.apply()
    ready.live = True
    assert ready.live_update.wait(20)
    assert ready.previewed is None
    ready.load_superpixels(other_superpixels)
    assert ready.live_update.wait(20)
    shown = slice_of(ready, 3).copy()
    ready.apply()
    np.testing.assert_array_equal(ready.segmentation.data[3], shown)


def test_nor_is_it_in_another_mask(ready):
    masked = BY_SUPERPIXELS.model_copy(update={"mask": (0, 1)})
    ready.apply()
    ready.pipeline = masked
    ready.apply()
    ready.pipeline = BY_SUPERPIXELS
    ready.pipeline = masked  # of the present label now
    ready.live = True
    assert ready.live_update.wait(20)
    assert ready.previewed is not None
    ready.apply()
    assert ready.live_update.wait(20)
    assert ready.previewed is None


def test_a_stroke_during_apply_is_previewed_after_it(ready, held_training):
    ready.live = True
    apply = ready.apply(block=False)
    assert held_training.inside.wait(20)
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    held_training.set()
    assert apply.wait(20)
    assert apply.state == "done"
    follows(ready)


def test_it_takes_up_what_preview_found(ready, fits):
    ready.preview()
    ready.live = True
    assert ready.live_update.wait(20)
    assert len(fits) == 1


def test_other_parameters_count_at_once(ready):
    ready.live = True
    assert ready.live_update.wait(20)
    ready.pipeline = ready.pipeline.model_copy(update={"classifier": an.LinearSvm()})
    follows(ready)


def test_what_fails_is_kept_to_be_said_and_tried_again_after_the_next_change(ready):
    ready.live = True
    ready.pipeline = an.Pipeline(
        superpixels=BY_SUPERPIXELS.superpixels, selection=an.FeatureSelection(threshold=0.99)
    )
    assert not ready.live_update.wait(20)
    assert ready.live_update.state == "failed"
    assert "threshold" in str(ready.live_update.error)
    ready.pipeline = BY_SUPERPIXELS
    follows(ready)
    assert ready.live_update.error is None


def test_cancelled_by_somebody_else_it_is_not_up_to_date_until_the_next_change(
    ready, held_training
):
    ready.live = True
    assert held_training.inside.wait(20)
    ready.runner.cancel_all()
    held_training.set()
    assert not ready.live_update.wait(20)
    assert ready.live_update.state == "cancelled"
    assert ready.live_update.error is None
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    follows(ready)


def test_cancelled_while_it_waits_its_turn_it_begins_again_after_the_next_stroke(
    ready, held_training
):
    apply = ready.apply(block=False)
    assert held_training.inside.wait(20)
    ready.live = True
    ready.runner.cancel_all()
    ready.paint([(20, 34), (28, 34)], index=3, label=0, radius=2)
    held_training.set()
    assert apply.wait(20)
    follows(ready)


def test_switched_off_it_stops_and_keeps_the_preview(ready, held_training):
    ready.live = True
    assert held_training.inside.wait(20)
    job = ready.runner.current
    ready.live = False
    held_training.set()
    assert job.wait(20)
    assert (job.state, ready.live_update.state) == ("cancelled", "off")
    ready.paint([(30, 30)], index=3, label=0)
    assert ready.runner.current is None


def test_a_session_closes_while_it_learns(ready, held_training):
    ready.live = True
    assert held_training.inside.wait(20)
    held_training.set()
    ready.close()
    assert ready.live_update.state == "off"
    assert ready.runner.current is None


def test_who_may_only_look_has_none(ready, tmp_path):
    with (
        an.Session(ready.volume, tmp_path / "a.annotat"),
        an.open(tmp_path / "a.annotat", read_only=True) as session,
        pytest.raises(ReadOnly),
    ):
        session.live = True
