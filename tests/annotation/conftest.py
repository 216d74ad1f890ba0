"""Scenes to try tools on, and a way of using them that checks what holds for every tool."""

import numpy as np
import pytest

from annotat_nb.annotation import Annotation, LabelImage, Scene, Tool
from annotat_nb.store.codec import decode_edit, encode_edit
from annotat_nb.volume import Volume


def dense(scene):
    """Markers, segmentation and classes of a scene, in full."""
    labels = scene.annotation.labels
    return (
        np.array(scene.annotation.markers.data),
        None if labels is None else np.array(labels.data),
        scene.annotation.classes.stored(),
    )


def check_equal(found, expected):
    for one, other in zip(found[:2], expected[:2], strict=True):
        np.testing.assert_array_equal(one, other)
    assert found[2] == expected[2]


@pytest.fixture
def make_scene():
    """Make a scene of an image, with a segmentation, superpixels and classes 1 to `classes`."""

    def make(image, *, labels=None, superpixels=None, classes=3):
        annotation = Annotation(image.shape)
        for number in range(1, classes + 1):
            annotation.classes.add(f"thing {number}")
        if labels is not None:
            annotation.set_labels(LabelImage(labels.copy()))
        ids = None if superpixels is None else LabelImage(superpixels)
        return Scene(annotation, Volume(image), ids)

    return make


@pytest.fixture
def use():
    """Use a tool: its record survives JSON, it is one step, and undo, redo, replay are exact."""

    def use(scene, tool):
        annotation, before = scene.annotation, dense(scene)
        assert Tool.model_validate_json(tool.model_dump_json()) == tool
        edit = tool.edit(scene)
        check_equal(dense(scene), before)
        assert edit.tool == tool.model_dump(mode="json")
        annotation.make(edit)
        after = dense(scene)
        assert annotation.undo() is edit
        check_equal(dense(scene), before)
        annotation.redo()
        check_equal(dense(scene), after)
        annotation.undo()
        annotation.make(decode_edit(encode_edit(edit)))
        check_equal(dense(scene), after)
        return after

    return use


class OnDisk:
    """Reads like an array that does not fit into memory."""

    def __init__(self, data):
        self._data = data
        self.shape, self.dtype, self.ndim = data.shape, data.dtype, data.ndim

    def __getitem__(self, key):
        return self._data[key]


@pytest.fixture
def put_on_disk():
    """Let the segmentation of a scene lie on disk."""

    def put(scene):
        scene.annotation.set_labels(LabelImage(OnDisk(scene.annotation.labels.data)))

    return put
