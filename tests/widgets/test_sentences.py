"""What the page says of the work."""

from typing import get_args

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.session.recorder import State
from annotat_nb.widgets.sentences import farewell


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
