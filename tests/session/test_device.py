"""A session on a graphics card, played by torch on the processor."""

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.classify import RandomForest
from annotat_nb.jobs import Cancelled, Job
from annotat_nb.kernels.cuda import devices
from annotat_nb.session import SessionError

FULL = "The graphics card ran out of memory, so the processor computed the rest"
QUICK = an.Pipeline(classifier=RandomForest(n_estimators=10))


def paint_both(session):
    session.classes.add("ball")
    session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
    session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)


@pytest.fixture
def ready(painted):
    painted.pipeline = QUICK
    painted.generate_superpixels()
    return painted


def test_auto_takes_the_graphics_card_and_finds_the_same(ready, card):
    ready.pipeline = QUICK.model_copy(update={"device": "cpu"})
    ready.apply()
    assert card.calls == 0
    expected = np.array(ready.segmentation.data)
    ready.pipeline = QUICK
    ready.generate_superpixels()
    ready.apply()
    assert card.calls > 0
    np.testing.assert_array_equal(ready.segmentation.data, expected)


def test_superpixels_are_made_on_the_graphics_card(painted, card):
    painted.pipeline = QUICK.model_copy(update={"device": "cpu"})
    painted.generate_superpixels()
    expected = np.array(painted.superpixels.data)
    painted.pipeline = QUICK
    painted.generate_superpixels()
    assert card.calls > 0
    np.testing.assert_array_equal(painted.superpixels.data, expected)
    card.room = 0
    job = painted.generate_superpixels(block=False)
    job.result()
    assert (
        job.notice == "The graphics card ran out of memory, so the processor made the superpixels"
    )
    np.testing.assert_array_equal(painted.superpixels.data, expected)


def test_what_apply_makes_anew_is_told_too(ready, card):
    card.room = 0
    ready.pipeline = QUICK.model_copy(update={"superpixels": an.Slic(iterations=1)})
    first = ready.apply(block=False)
    first.result()
    assert first.notice == (
        "The graphics card ran out of memory, so the processor made the superpixels. " + FULL
    )
    again = ready.apply(block=False)
    again.result()
    assert again.notice == ""


@pytest.fixture
def released(card, monkeypatch):
    """How much had been computed on the graphics card each time memory of it was given back."""
    released = []
    monkeypatch.setattr(devices, "release", lambda: released.append(card.calls))
    return released


def update_live(session):
    session.live = True
    assert session.live_update.wait(20)


def save_training_data(session):
    session.save_training_data(session.recorder.workspace.path / ".." / "a.training")


@pytest.mark.parametrize(
    "use",
    [
        an.Session.generate_superpixels,
        an.Session.preview,
        an.Session.apply,
        update_live,
        save_training_data,
    ],
)
def test_memory_of_the_graphics_card_is_given_back(volume, tmp_path, card, released, use):
    with an.Session(volume, tmp_path / "a.annotat") as session:
        paint_both(session)
        session.pipeline = QUICK
        session.generate_superpixels()
        card.calls, released[:] = 0, []
        use(session)
        assert card.calls > 0
        assert released == [card.calls]


@pytest.mark.parametrize("use", [an.Session.generate_superpixels, an.Session.apply, update_live])
def test_so_it_is_when_somebody_cancels(ready, card, released, use, monkeypatch):
    def cancel(self, step, share):
        if card.calls:
            raise Cancelled("It was cancelled")

    ready.pipeline = QUICK.model_copy(update={"features": (an.Gaussian(radii=(3,)),)})
    card.calls, released[:] = 0, []
    monkeypatch.setattr(Job, "report", cancel)
    with pytest.raises((Cancelled, AssertionError)):
        use(ready)
    assert released == [card.calls]
    assert card.calls > 0


@pytest.mark.parametrize("verb", ["apply", "preview"])
def test_a_full_graphics_card_is_no_failure_and_the_job_tells(ready, card, verb):
    card.room = 0
    job = getattr(ready, verb)(block=False)
    job.result()
    assert job.notice == FULL


def test_training_data_tell_of_a_full_graphics_card_too(ready, card, tmp_path):
    card.room = 0
    job = ready.save_training_data(tmp_path / "a", block=False)
    job.result()
    assert job.notice == FULL
    ready.pipeline = QUICK.model_copy(update={"features": (an.Sobel(),)})
    with pytest.warns(UserWarning, match=FULL):
        ready.save_training_data(tmp_path / "a")
    assert (tmp_path / "a.training").exists()


@pytest.mark.parametrize("verb", ["apply", "preview"])
def test_who_waits_for_the_end_is_warned(ready, card, verb):
    card.room = 0
    with pytest.warns(UserWarning, match=FULL):
        getattr(ready, verb)()


def test_what_is_computed_already_needs_no_graphics_card(ready, card):
    ready.apply()
    card.room = 0
    job = ready.apply(block=False)
    job.result()
    assert job.notice == ""


def test_the_next_job_tries_the_graphics_card_again(ready, card):
    card.room = 0
    ready.apply(block=False).result()
    card.room, card.calls = float("inf"), 0
    ready.pipeline = QUICK.model_copy(update={"features": (an.Gaussian(radii=(3,)),)})
    job = ready.apply(block=False)
    job.result()
    assert card.calls > 0
    assert job.notice == ""


def test_a_graphics_card_that_is_not_there_is_an_obstacle(ready, card):
    ready.pipeline = QUICK.model_copy(update={"device": "cuda:0"})
    assert ready.obstacle("apply") is None
    ready.pipeline = QUICK.model_copy(update={"device": "cuda:1"})
    for verb in ("generate_superpixels", "preview", "apply"):
        assert ready.obstacle(verb) == (
            "Device 'cuda:1' is not there: the only graphics card here is cuda:0; choose 'auto' "
            "or 'cpu' under Change classifier parameters, Advanced"
        )
        with pytest.raises(SessionError, match="is not there"):
            getattr(ready, verb)()
