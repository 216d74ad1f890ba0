"""The tools in a session: what they look at is there, and what they did comes back."""

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.annotation import Edit, Runs, Tool, Write
from annotat_nb.annotation.document import LabelOnDisk
from annotat_nb.io.labels import write_labels
from annotat_nb.store import WorkspaceError
from annotat_nb.store.codec import encode_edit

SHAPE = (4, 24, 26)
RING = ((14, 2), (14, 8), (20, 8), (20, 2), (14, 2))
TOOLS = [
    an.Paint(points=((4, 4), (9, 9)), label=1, radius=2),
    an.Extend(points=((4, 20), (9, 20)), index=1, radius=1),
    an.SequentialPaint(points=((2, 20),), axis="y", index=3, radius=1),
    an.BallBrush(points=((18, 18),), index=2, radius=2, label=2),
    an.ThresholdBrush(points=((4, 14),), index=2, radius=4, low=90, label=1),
    an.LocalThresholdBrush(points=((4, 12),), index=3, radius=4, label=2),
    an.SuperpixelBrush(points=((20, 4),), index=3, radius=1, label=1),
    an.Lasso(points=((3, 3), (3, 9), (9, 6)), index=3, label=2),
    an.Polygon(points=((3, 3), (9, 6)), index=3, label=2, mode="slice"),
    an.Paint(points=RING, label=2, radius=0, index=1),
    an.Fill(point=(16, 4), label=2, index=1),
    an.Paint(points=RING, label=2, radius=0),
    an.FillHoles(label=2),
    an.FloodFill(point=(0, 25), tolerance=20, label=1, depth=1),
    an.CopyToNextSlice(index=1, label=2),
    an.Interpolate(label=2, axis="x"),
    an.Erase(points=((4, 4),), radius=1),
    an.EraseStroke(point=(18, 18), index=2),
    an.RemoveIslands(label=1, minimum_size=5),
    an.FillLabelHoles(label=1),
    an.Morphology(label=1, operation="dilate"),
    an.Split(
        strokes=(
            an.Paint(points=((1, 18),), label=1, radius=0, index=1),
            an.Paint(points=((22, 18),), label=2, radius=0, index=1),
        )
    ),
    an.Merge(points=((1, 18), (22, 18)), index=1, radius=0),
    an.Split(
        strokes=(
            an.Paint(points=((1, 18),), label=1, radius=0, index=1),
            an.Paint(points=((12, 0), (12, 25)), label=0, radius=1, index=1),
            an.Paint(points=((22, 18),), label=1, radius=0, index=1),
        )
    ),
    an.Relabel(label=1, minimum_size=50),
    an.MergeClasses(classes=(2, 1)),
    an.EraseAll(),
]


def image():
    rng = np.random.default_rng(0)
    data = rng.integers(0, 60, SHAPE).astype("u1")
    data[:, :, 13:] += 100
    return an.Volume(data)


@pytest.fixture
def begin(tmp_path):
    """Open a session with superpixels and a label: bone on the right, with a hole and an island."""
    label = np.zeros(SHAPE, "u1")
    label[:, :, 13:] = 1
    label[2, 10, 22] = 0
    label[3, 4, 4] = 1

    def begin(path=None, **more):
        session = an.Session(image(), path, **more)
        session.classes.add("bone"), session.classes.add("pore")
        session.pipeline = an.Pipeline(superpixels=an.Waterpixels(seed_spacing=4))
        session.generate_superpixels()
        session.load_label(write_labels(tmp_path / "label.tif", label))
        return session

    return begin


def state_of(session):
    return (
        np.array(session.markers.data),
        np.array(session.segmentation.data),
        list(session.classes),
        [step.edit.record for step in session.annotation.history.done],
    )


def check_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_every_tool_did_comes_back_with_the_workspace(begin, tmp_path):
    assert {type(tool) for tool in TOOLS} == {
        getattr(an, name) for name in an.__all__ if is_tool(getattr(an, name))
    }
    path, states = tmp_path / "a.annotat", []
    with begin(path) as session:
        for tool in TOOLS:
            states.append(state_of(session))
            session.edit(tool)
            done = len(session.annotation.history.done)
            assert done == len(states[-1][3]) + 1, tool
        states.append(state_of(session))
    with an.open(path) as again:
        found = [step.edit.tool for step in again.annotation.history.done]
        assert [Tool.model_validate(record) for record in found if record] == TOOLS
        check_equal(state_of(again), states.pop())
        for expected in reversed(states):
            again.undo()
            check_equal(state_of(again), expected)


def is_tool(found):
    return isinstance(found, type) and issubclass(found, Tool)


def test_a_journal_with_a_class_that_cannot_be_is_refused(begin, tmp_path):
    path = tmp_path / "a.annotat"
    with begin(path) as session:
        write = Write("labels", Runs.from_flat(np.arange(5)), 2**16)
        session.recorder.record("edit", encode_edit(Edit("merge", (write,))))
    with pytest.raises(WorkspaceError, match="it writes classes that cannot be"):
        an.open(path)


def test_one_use_of_a_tool_is_one_step_with_its_name(begin):
    with begin() as session:
        session.edit(an.SequentialPaint(points=((20, 20),), index=3))
        assert session.undo() == "sequential labelling"
        assert len(session.classes) == 3


def test_what_is_refused_leaves_no_trace():
    with an.Session(image()) as session:
        before = len(session.annotation.history.done)
        with pytest.raises(ValueError, match="there is no segmentation yet"):
            session.edit(an.Extend(points=((4, 4),)))
        with pytest.raises(ValueError, match="there are no superpixels yet"):
            session.edit(an.SuperpixelBrush(points=((4, 4),), label=0))
        assert len(session.annotation.history.done) == before
        assert session.markers.stroke_count() == 0


def test_a_label_on_disk_is_refused_until_there_is_room(begin, tmp_path):
    with begin(tmp_path / "a.annotat", memory_budget=0) as session:
        tool = an.Morphology(label=1, operation="erode")
        with pytest.raises(LabelOnDisk, match=r"raise session\.memory_budget"):
            session.edit(tool)
        session.edit(an.Extend(points=((4, 20),)))
        session.memory_budget = None
        before = np.array(session.segmentation.data)
        session.edit(tool)
        assert (np.array(session.segmentation.data) == 1).sum() < (before == 1).sum()
