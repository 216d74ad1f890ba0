"""A session on a graphics card, played by torch on the processor."""

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.classify import RandomForest
from annotat_nb.kernels.cuda import devices
from annotat_nb.session import SessionError

FULL = "The graphics card ran out of memory, so the processor computed the rest"
QUICK = an.Pipeline(classifier=RandomForest(n_estimators=10))


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


def test_memory_of_the_graphics_card_is_given_back(ready, card, monkeypatch):
    released = []
    monkeypatch.setattr(devices, "release", lambda: released.append(card.calls))
    ready.apply()
    assert released == [card.calls]


@pytest.mark.parametrize("verb", ["apply", "preview"])
def test_a_full_graphics_card_is_no_failure_and_the_job_tells(ready, card, verb):
    card.room = 0
    job = getattr(ready, verb)(block=False)
    job.result()
    assert job.notice == FULL


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
