"""What holds for every annotation tool, and for any sequence of them."""

import inspect
import tracemalloc
import zlib
from dataclasses import replace
from inspect import isabstract

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import annotat_nb as an
from annotat_nb.annotation import Annotation, ClassTable, LabelImage, Scene, Tool, history
from annotat_nb.operation import kinds_of
from annotat_nb.store.codec import decode_edit, encode_edit

SHAPE = (4, 9, 10)
CLASSES, _ = ClassTable().with_new(3)
TOOLS = sorted(
    {kind for kind in kinds_of(Tool) if not isabstract(kind)}, key=lambda kind: kind.__name__
)


@pytest.mark.parametrize("kind", TOOLS)
def test_a_tool_is_public_and_says_what_it_does_and_takes(kind):
    assert getattr(an, kind.__name__) is kind
    assert kind.title[0].isupper()
    assert inspect.getdoc(kind)
    for name, field in kind.model_fields.items():
        assert field.description, name
        assert field.description[0].isupper() or field.description[0] == '"'
        assert field.description.endswith(".")


def test_titles_tell_tools_apart():
    assert len({kind.title for kind in TOOLS}) == len(TOOLS) >= 24


AXES = st.sampled_from("zyx")
COORDINATE = st.sampled_from([*range(9), *range(4), -2, 11])
POINT = st.tuples(COORDINATE, COORDINATE)
LABEL = st.sampled_from([0, 1, 1, 2, 2, 3, 3, 4])
IN_SLICE = {"axis": AXES, "index": st.sampled_from([0, 1, 1, 2, 3, 3, 7])}
BRUSH = {
    "points": st.lists(POINT, min_size=1, max_size=3).map(tuple),
    "radius": st.integers(0, 2),
    **IN_SLICE,
}
LINE = {"points": st.lists(POINT, min_size=2, max_size=5).map(tuple), **IN_SLICE}
PLACE = {"point": POINT, **IN_SLICE}
SLICES = st.none() | AXES
MODES = st.sampled_from(["add", "subtract", "slice"])
GREY = st.none() | st.integers(0, 9)
FIELDS = {
    "BallBrush": BRUSH | {"label": LABEL},
    "CopyToNextSlice": IN_SLICE | {"direction": st.sampled_from([1, -1]), "label": LABEL},
    "Erase": BRUSH,
    "EraseAll": {},
    "EraseStroke": PLACE,
    "Extend": BRUSH,
    "Fill": {
        "point": POINT,
        "axis": st.sampled_from("zzzyx"),
        "index": st.sampled_from([2, 2, 2, 1]),
        "label": st.sampled_from([2, 2, 2, 1]),
    },
    "FillHoles": IN_SLICE | {"label": LABEL},
    "FillLabelHoles": {"label": st.integers(1, 4), "slices": SLICES},
    "FloodFill": PLACE
    | {"label": LABEL, "tolerance": st.integers(0, 3), "depth": st.integers(0, 2)},
    "Interpolate": {
        "label": st.sampled_from([1, 1, 2]),
        "axis": st.sampled_from("zzzyx"),
        "method": st.sampled_from(["shape", "image"]),
    },
    "Lasso": LINE | {"label": LABEL, "mode": MODES},
    "LocalThresholdBrush": BRUSH | {"label": LABEL, "side": st.sampled_from(["bright", "dark"])},
    "Merge": BRUSH,
    "MergeClasses": {"classes": st.lists(LABEL, min_size=2, max_size=3).map(tuple)},
    "Morphology": {
        "label": st.integers(1, 4),
        "operation": st.sampled_from(["dilate", "erode", "open", "close"]),
        "radius": st.integers(1, 2),
        "slices": SLICES,
    },
    "Paint": BRUSH | {"label": LABEL},
    "Polygon": LINE | {"label": LABEL, "mode": MODES},
    "Relabel": {"label": st.integers(1, 4), "minimum_size": st.integers(1, 9)},
    "RemoveIslands": {"label": st.integers(1, 4), "minimum_size": st.integers(1, 9)},
    "SequentialPaint": BRUSH,
    "SuperpixelBrush": BRUSH | {"label": LABEL},
    "ThresholdBrush": BRUSH | {"label": LABEL, "high": GREY},
}
SEED = {
    "points": st.lists(st.tuples(st.integers(3, 5), st.integers(3, 5)), min_size=1).map(tuple),
    "index": st.integers(0, 3),
    "radius": st.integers(0, 1),
    "label": LABEL,
}
FIELDS["Split"] = {
    "strokes": st.lists(st.builds(an.Paint, **SEED), min_size=2, max_size=4).map(tuple),
    "relief": st.sampled_from(["edges", "bright walls", "dark walls", "shape"]),
}
NAMES = [*FIELDS, *["Paint", "Lasso"] * 3]
ANY_TOOL = st.sampled_from(NAMES).flatmap(lambda name: st.builds(getattr(an, name), **FIELDS[name]))
OTHERS = st.sampled_from(["undo", "undo", "undo", "redo", "redo", "add", "remove"])
ACTIONS = st.lists(ANY_TOOL | ANY_TOOL | OTHERS, min_size=10, max_size=40)
FIRST = (
    an.Paint(points=((3, 3),), index=0, radius=2),
    an.Paint(points=((5, 5),), index=3, radius=3),
    an.Paint(points=((1, 1), (1, 7), (7, 7), (7, 1), (1, 1)), index=2, radius=0, label=2),
)
"""Something to interpolate between, and to fill."""
LEAVE_MARKS = (an.Fill, an.FillHoles, an.FloodFill, an.CopyToNextSlice, an.Interpolate)
"""Tools that mark only what is unmarked."""
CORRECT = (an.Merge, an.Split, an.Morphology, an.RemoveIslands, an.FillLabelHoles, an.Relabel)
"""Tools that change the segmentation only."""


def test_every_tool_is_tried_in_random_sequences():
    assert {kind.__name__ for kind in TOOLS} == set(FIELDS)


class Dense:
    """What the annotation must be: arrays, and a copy of them for every step."""

    def __init__(self, labels, classes):
        self.markers = np.full(SHAPE, -1)
        self.labels = labels.astype(int)
        self.classes = classes
        self.owners = {0: -1}
        self.done, self.undone = [], []

    @property
    def state(self):
        return self.markers, self.labels, self.classes

    def make(self, edit):
        self.done.append(self.state)
        self.undone.clear()
        self.owners |= {stroke.id: stroke.label for stroke in edit.strokes}
        markers, labels = self.markers.copy(), self.labels.copy()
        for write in edit.writes:
            for start, length in zip(write.voxels.starts, write.voxels.lengths, strict=True):
                assert 0 <= start < start + length <= markers.size
                here = slice(start, start + length)
                if write.target == "markers":
                    markers.ravel()[here] = self.owners[write.value]
                else:
                    labels.ravel()[here] = write.value
        self.markers, self.labels = markers, labels
        self.classes = self.classes if edit.classes is None else edit.classes

    def move(self, back):
        source, target = (self.done, self.undone) if back else (self.undone, self.done)
        if source:
            target.append(self.state)
            self.markers, self.labels, self.classes = source.pop()


def check(annotation, expected):
    np.testing.assert_array_equal(annotation.markers.data, expected.markers)
    np.testing.assert_array_equal(annotation.labels.data, expected.labels)
    assert annotation.classes.stored() == expected.classes


def begin(labels, submit=None):
    annotation = Annotation(SHAPE, submit)
    annotation.classes.replace(CLASSES)
    annotation.set_labels(LabelImage(labels.copy()))
    return annotation


@given(ACTIONS, st.integers(0, 5))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_any_sequence_of_tools_with_undo_and_redo_is_what_dense_arrays_say(actions, seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 10, SHAPE).astype("f4")
    image[rng.random(SHAPE) < 0.02] = np.nan
    labels = (rng.integers(0, 4, SHAPE) * rng.integers(0, 2, SHAPE)).astype("u1")
    labels[:, 3:6, 3:6] = 1
    z, y, x = np.indices(SHAPE)
    ids = (1 + z * 100 + y // 3 * 10 + x // 3).astype("u4")
    journal = []

    def make(edit):
        expected.make(edit)
        journal.append(encode_edit(edit))
        annotation.make(edit)

    annotation = begin(labels, make)
    expected = Dense(labels, CLASSES)
    scene = Scene(annotation, an.Volume(image), LabelImage(ids))
    for action in (*FIRST, *actions):
        before = expected.state
        try:
            act(action, annotation, expected, journal, lambda tool: make(tool.edit(scene)))
        except (ValueError, KeyError):  # refused: nothing has happened
            assert all(one is other for one, other in zip(expected.state, before, strict=True))
        check(annotation, expected)
        if isinstance(action, LEAVE_MARKS):
            marked = before[0] >= 0
            np.testing.assert_array_equal(expected.markers[marked], before[0][marked])
        if isinstance(action, CORRECT):
            np.testing.assert_array_equal(expected.markers, before[0])
        elif isinstance(action, Tool) and not isinstance(action, an.MergeClasses):
            np.testing.assert_array_equal(expected.labels, before[1])
    again = begin(labels)
    for entry in journal:
        getattr(again, entry)() if isinstance(entry, str) else again.make(decode_edit(entry))
    check(again, expected)


def act(action, annotation, expected, journal, use):
    if isinstance(action, Tool):
        use(action)
    elif action == "add":
        annotation.classes.add(f"more {len(annotation.classes)}")
    elif action == "remove":
        annotation.classes.remove(max(item.id for item in annotation.classes))
    else:
        expected.move(action == "undo")
        getattr(annotation, action)()
        journal.append(action)


@pytest.fixture
def scene():
    return Scene(begin(np.zeros(SHAPE, "u1")), an.Volume(np.zeros(SHAPE)))


def test_an_older_journal_without_records_opens(scene):
    edit = an.Paint(points=((4, 4),), radius=1).edit(scene)
    found = decode_edit(encode_edit(edit).removesuffix(edit.record))
    assert found.tool is None
    assert found.strokes == edit.strokes
    assert found.writes[0].voxels.to_bytes() == edit.writes[0].voxels.to_bytes()


@pytest.mark.parametrize("record", ['{"kind":"Tomorrow","x":1}', "not JSON", '{"kind":"Paint"}'])
def test_a_record_that_is_not_known_is_kept_and_hinders_nothing(scene, record):
    edit = an.Paint(points=((4, 4),), radius=1).edit(scene).of_tool(record)
    found = decode_edit(encode_edit(edit))
    assert found.record == edit.record
    scene.annotation.make(found)
    assert scene.annotation.markers.data[0, 4, 4] == 1


@pytest.mark.parametrize("record", [b"\x00", b"damaged", zlib.compress(b"1" * 99)[:-8], b""])
def test_a_damaged_record_costs_the_record_only(scene, record):
    edit = replace(an.Paint(points=((4, 4),), radius=1).edit(scene), record=record)
    found = decode_edit(encode_edit(edit))
    assert (found.name, found.tool) == ("paint", None)
    assert found.voxel_count == 5


def test_a_record_that_would_fill_the_memory_is_not_unpacked(scene, monkeypatch):
    monkeypatch.setattr(history, "LONGEST_RECORD", 1000)
    edit = an.Erase(points=((4, 4),)).edit(scene)
    assert edit.tool is not None
    assert edit.of_tool(f'"{"a" * 1001}"').tool is None


def test_what_a_step_holds_counts_its_record(scene):
    for count in (1, 500):
        points = [(row % 7, row % 5) for row in range(count)]
        scene.annotation.make(an.Paint(points=points, index=1, radius=9).edit(scene))
    one, many = scene.annotation.history.done
    grown = len(many.edit.record) - len(one.edit.record)
    assert grown > 0
    assert many.nbytes - one.nbytes >= grown


def test_on_a_volume_of_any_size_tools_look_at_their_surroundings_only():
    shape = (2048, 2048, 2048)
    values = np.broadcast_to(np.arange(2048, dtype="u2") // 8, shape)
    annotation = Annotation(shape)
    annotation.classes.replace(CLASSES)
    annotation.set_labels(LabelImage(np.minimum(values[:1], 3).astype("u1")))
    annotation.labels.data = np.broadcast_to(annotation.labels.data, shape)
    scene = Scene(annotation, an.Volume(values), LabelImage(values))
    where = {"points": ((1000, 1000), (1040, 1050)), "axis": "y", "index": 1500}
    ring = ((900, 900), (900, 960), (960, 960), (960, 900), (900, 900))
    tools = [
        an.Extend(**where),
        an.BallBrush(**where, radius=20),
        an.ThresholdBrush(**where, low=126),
        an.LocalThresholdBrush(**where, label=2),
        an.Paint(points=ring, axis="y", index=1500, label=3),
        an.Fill(point=(930, 930), axis="y", index=1500, label=3),
        an.FloodFill(point=(200, 1201), axis="y", index=1500, tolerance=0, reach=30, depth=9),
        an.Lasso(points=ring, axis="x", index=2047, label=2),
        an.Lasso(points=ring, axis="x", index=2030, label=2),
        an.Interpolate(label=2, axis="x", first=2030),
        an.CopyToNextSlice(axis="x", index=2030, direction=-1),
    ]
    tracemalloc.start()
    for tool in tools:
        annotation.make(tool.edit(scene))
        assert annotation.history.done[-1].edit.voxel_count > 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**27
