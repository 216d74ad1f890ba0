import random
import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotat_nb.annotation import (
    Annotation,
    Edit,
    Erase,
    EraseAll,
    EraseStroke,
    LabelImage,
    Paint,
    Runs,
    Scene,
    Write,
)
from annotat_nb.annotation.history import History, Step
from annotat_nb.volume import Volume

SHAPE = (4, 20, 30)


@pytest.fixture
def annotation():
    annotation = Annotation(SHAPE)
    annotation.classes.add("bone")
    return annotation


def use(annotation, tool):
    annotation.make(tool.edit(Scene(annotation, Volume(np.zeros(SHAPE)))))


def state(annotation):
    return np.array(annotation.markers.data), annotation.classes.stored()


def disk(center, radius, shape):
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - center[0]) ** 2 + (columns - center[1]) ** 2 <= radius**2


@pytest.mark.parametrize(("axis", "number"), [("z", 0), ("y", 1), ("x", 2)])
def test_paint_marks_a_disk_in_the_slice_it_names(annotation, axis, number):
    use(annotation, Paint(points=((2, 5),), axis=axis, index=3, label=1, radius=4))
    expected = np.full(SHAPE, -1)
    plane = np.moveaxis(expected, number, 0)[3]
    plane[disk((2, 5), 4, plane.shape)] = 1
    np.testing.assert_array_equal(annotation.markers.data, expected)


def test_background_can_be_painted(annotation):
    use(annotation, Paint(points=((2, 5),), label=0, radius=0))
    assert annotation.markers.data[0, 2, 5] == 0


def test_an_unknown_class_is_refused(annotation):
    with pytest.raises(KeyError, match="there is no class 7; the classes are 0 Background, 1 bone"):
        use(annotation, Paint(points=((2, 5),), label=7))


@pytest.mark.parametrize(
    "tool", [Paint(points=((0, 0),), index=4), EraseStroke(point=(0, 0), index=-1)]
)
def test_a_slice_that_does_not_exist_is_refused(annotation, tool):
    with pytest.raises(ValueError, match="z goes from 0 to 3"):
        use(annotation, tool)


def test_erase_unmarks_only_what_it_covers(annotation):
    use(annotation, Paint(points=((5, 5), (5, 20)), label=1, radius=2))
    use(annotation, Erase(points=((5, 20),), radius=4))
    plane = annotation.markers.data[0] == 1
    assert not plane[disk((5, 20), 4, plane.shape)].any()
    assert plane[5, 5]


def test_erase_stroke_takes_what_is_left_of_one_stroke(annotation):
    use(annotation, Paint(points=((5, 5), (5, 20)), label=1, radius=2))
    use(annotation, Paint(points=((0, 10), (15, 10)), label=0, radius=1))
    use(annotation, EraseStroke(point=(5, 20)))
    data = np.array(annotation.markers.data)
    assert not (data == 1).any()
    assert (data == 0).sum() == (disk_line := (data[0] == 0).sum())
    assert disk_line > 0


def test_erase_stroke_beside_any_stroke_changes_nothing(annotation):
    for point in ((1, 1), (-5, 99)):
        use(annotation, EraseStroke(point=point))
        assert annotation.history.done[-1].edit.voxel_count == 0


def test_every_step_can_be_undone_and_redone(annotation):
    steps = [
        Paint(points=((5, 5), (9, 20)), label=1, radius=3),
        Paint(points=((9, 5),), label=0, radius=5),
        Erase(points=((6, 8),), radius=3),
        EraseStroke(point=(5, 5)),
        Paint(points=((2, 2),), axis="x", index=4, label=1, radius=2),
        EraseAll(),
    ]
    states = [state(annotation)]
    for step in steps:
        use(annotation, step)
        states.append(state(annotation))
    for expected in reversed(states[:-1]):
        annotation.undo()
        np.testing.assert_array_equal(state(annotation)[0], expected[0])
    for expected in states[1:]:
        annotation.redo()
        np.testing.assert_array_equal(state(annotation)[0], expected[0])
    assert annotation.redo() is None


def test_removing_a_class_takes_its_markers_and_labels_and_undo_brings_them_back(annotation):
    annotation.set_labels(LabelImage(np.ones(SHAPE, np.uint8)))
    use(annotation, Paint(points=((5, 5),), label=1, radius=2))
    before = state(annotation)
    annotation.classes.remove(1)
    assert [item.name for item in annotation.classes] == ["Background"]
    assert (np.asarray(annotation.markers.data) == -1).all()
    assert not annotation.labels.data.any()
    annotation.undo()
    after = state(annotation)
    np.testing.assert_array_equal(after[0], before[0])
    assert after[1] == before[1]
    assert annotation.labels.data.all()


def test_undo_leaves_a_newer_segmentation_alone(annotation):
    annotation.set_labels(LabelImage(np.ones(SHAPE, np.uint8)))
    annotation.make(Edit("fix", (Write("labels", Runs.from_flat(np.arange(5)), 0),)))
    annotation.set_labels(LabelImage(np.full(SHAPE, 3, np.uint8)))
    annotation.undo()
    assert (annotation.labels.data == 3).all()
    annotation.redo()
    assert (annotation.labels.data == 3).all()


def test_an_edit_its_undo_and_its_redo_leave_the_array_that_others_may_hold(annotation):
    annotation.set_labels(LabelImage(np.ones(SHAPE, np.uint8)))
    writes = (Write("labels", Runs.from_flat(np.arange(3)), value) for value in (0, 7, 300))
    steps = [lambda: annotation.make(Edit("fix", tuple(writes))), annotation.undo, annotation.redo]
    for step in steps:
        held = annotation.labels.data
        before = held.copy()
        step()
        np.testing.assert_array_equal(held, before)
        assert annotation.labels.data[0, 0, 0] != before[0, 0, 0]


def test_a_change_tells_where_it_was(annotation):
    boxes = []
    annotation.changed.connect(boxes.append)
    use(annotation, Paint(points=((5, 6), (5, 9)), index=2, label=1, radius=1))
    annotation.classes.add("pore")
    assert boxes == [(slice(2, 3), slice(4, 7), slice(5, 11)), None]


def test_history_forgets_its_oldest_steps_over_the_bound(annotation):
    annotation.history = History(max_bytes=3000)
    for column in range(20):
        use(annotation, Paint(points=((5, column),), label=1, radius=2))
    undone = 0
    while annotation.undo():
        undone += 1
    assert 1 <= undone < 20


def test_steps_since_counts_what_was_made_and_taken_back(annotation):
    position = annotation.history.position
    for column in range(3):
        use(annotation, Paint(points=((5, column),), label=1, radius=0))
    assert annotation.history.steps_since(position) == 3
    position = annotation.history.position
    annotation.undo()
    assert annotation.history.steps_since(position) == 1
    annotation.redo()
    assert annotation.history.steps_since(position) == 0


def test_a_stroke_that_cannot_be_redone_any_more_is_still_taken_back(annotation):
    for column in (5, 9):
        use(annotation, Paint(points=((5, column),), label=1, radius=0))
    position = annotation.history.position
    annotation.undo()
    use(annotation, Paint(points=((5, 13),), label=1, radius=0))
    annotation.undo()
    assert annotation.history.steps_since(position) == 1


def step(number, writes):
    write = Write("markers", Runs.from_flat(np.arange(3)), 1)
    return Step(number, Edit("step", (write,) * writes), (), None, 0)


@given(
    st.lists(st.sampled_from(["paint", "rename", "undo", "redo", "look"]), max_size=40),
    st.sampled_from([0, 1000, 2500, 2**20]),
)
@settings(deadline=None)
def test_steps_since_is_what_comparing_with_all_earlier_states_gives(actions, max_bytes):
    history, standing = History(max_bytes=max_bytes), []
    seen = {}  # by position, which steps that write voxels stood there
    for number, action in enumerate(actions, 1):
        if action == "look":
            seen[history.position] = {s.number for s in standing if s.is_felt}
        elif action == "undo":
            standing = standing[: len(standing) - (history.back() is not None)]
        elif action == "redo":
            standing += [s for s in [history.forward()] if s is not None]
        else:
            standing.append(step(number, action == "paint"))
            history.push(standing[-1])
        now = {s.number for s in standing if s.is_felt}
        for position, then in seen.items():
            assert history.steps_since(position) == len(now ^ then)


def test_a_class_table_names_what_is_wrong(annotation):
    classes = annotation.classes
    with pytest.raises(ValueError, match="already a class 'bone'"):
        classes.add(" bone ")
    with pytest.raises(ValueError, match="Background cannot be removed"):
        classes.remove(0)
    with pytest.raises(ValueError, match="color"):
        classes.recolor(1, "red")


def test_a_removed_id_is_given_again(annotation):
    annotation.classes.add("pore")
    annotation.classes.remove(1)
    assert annotation.classes.add("fibre") == 1
    assert [item.id for item in annotation.classes] == [0, 1, 2]


def test_hiding_a_class_is_no_step_of_history(annotation):
    annotation.classes.show(1, False)
    assert [item.visible for item in annotation.classes] == [True, False]
    assert annotation.undo().name == "add class"


def test_one_thread_may_read_while_another_one_draws(annotation):
    position, rng, is_drawn = annotation.history.position, random.Random(0), threading.Event()

    def draw():
        try:
            for _ in range(300):
                point = rng.randrange(20), rng.randrange(30)
                use(annotation, Paint(points=(point,), index=rng.randrange(4), label=1, radius=1))
                if rng.random() < 0.3:
                    annotation.undo()
        finally:
            is_drawn.set()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread = threading.Thread(target=draw)
    thread.start()
    try:
        while not is_drawn.is_set():
            assert annotation.history.steps_since(position) <= 300
            assert annotation.markers.stroke_count() <= 300
            assert set(np.unique(annotation.markers.data[1])) <= {-1, 1}
            annotation.markers.marked()
    finally:
        sys.setswitchinterval(interval)
        thread.join()
