"""What the page says of the work."""

from typing import get_args

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.session.recorder import State
from annotat_nb.widgets.sentences import PREVIEW_OR_APPLY, PREVIEWED, farewell, next_step


@pytest.mark.parametrize("folder", [None, "work.annotat"])
def test_the_farewell_of_a_kernel_is_true_of_memory_and_disk(tmp_path, folder):
    workspace = tmp_path / folder if folder else None
    with an.Session(an.Volume(np.zeros((2, 8, 8), "uint8")), workspace) as session:
        session.paint([(2, 2)], index=0, label=0)
        assert ("are on disk" in farewell(session)) == (folder is not None)
    if folder:
        with an.open(workspace) as again:
            assert again.markers.stroke_count() == 1


@pytest.mark.parametrize("state", get_args(State))
def test_every_state_of_the_work_has_a_farewell(state, monkeypatch):
    with an.Session(an.Volume(np.zeros((2, 8, 8), "uint8"))) as session:
        monkeypatch.setattr(type(session.recorder), "state", state)
        assert farewell(session).startswith("Kernel is gone")


def test_a_preview_is_said_to_be_one_and_to_be_old(painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=5))
    assert next_step(painted) == PREVIEW_OR_APPLY
    painted.show(z=2)
    painted.preview()
    assert next_step(painted) == PREVIEWED
    painted.show(z=0)
    assert next_step(painted) == PREVIEW_OR_APPLY
    painted.show(z=2)
    painted.paint([(25, 5)], label=0, index=2)
    assert next_step(painted).startswith("1 change not in the preview yet: press Preview")
    painted.undo()
    assert next_step(painted) == PREVIEWED
    painted.pipeline = an.Pipeline()
    painted.generate_superpixels()
    assert next_step(painted) == "The parameters changed since this preview: press Preview"
    painted.pipeline = an.Pipeline(superpixels=an.Slic(seed_spacing=5))
    assert next_step(painted).endswith("press Generate superpixels, then Preview")
    painted.apply()
    assert next_step(painted).startswith("Scroll through the slices")


def test_superpixels_that_do_not_serve_are_made_first(painted):
    painted.generate_superpixels()
    painted.pipeline = an.Pipeline(superpixels=an.Slic(seed_spacing=5))
    assert next_step(painted).startswith("Press Generate superpixels")
