"""The canvas without a browser: what Python sends, and what it makes of what comes back."""

import io
import json
import threading

import numpy as np
import pytest
import traitlets
from ipycanvas.canvas import COMMANDS
from ipywidgets.widgets import widget as ipywidgets_widget
from PIL import Image

from annotat_nb.rendering import Seen, Tile
from annotat_nb.widgets.canvas import SliceCanvas, Stroke
from annotat_nb.widgets.canvas.layers import LAYERS

COLORS = np.array([[0, 0, 0, 255], [200, 100, 0, 255], [0, 100, 200, 128]], np.uint8)


@pytest.fixture
def canvas():
    canvas = SliceCanvas()
    yield canvas
    canvas.close()


@pytest.fixture
def sent(canvas, monkeypatch):
    """The drawing messages sent to the page, each a list of (canvas, command, arguments, bytes)."""
    messages = []
    names = {f"IPY_MODEL_{c.model_id}": name for name, c in canvas.near.layers.canvases.items()}

    def keep(commands, buffers=()):
        target, waiting, message = None, list(buffers), []
        for code, arguments, *count in json.loads(json.dumps(commands)):
            command = next(name for name, number in COMMANDS.items() if number == code)
            if command == "switchCanvas":
                target = names[arguments[0]]
                continue
            pictures = [waiting.pop(0) for _ in range(count[0] if count else 0)]
            message.append((target, command, arguments, *pictures))
        messages.append(message)

    monkeypatch.setattr(canvas._queue.manager, "_send_custom", keep)
    return messages


@pytest.fixture
def replies(canvas, monkeypatch):
    """The messages sent to the pen."""
    messages = []
    monkeypatch.setattr(canvas.pen, "send", messages.append)
    return messages


def tell(canvas, kind, *buffers, **content):
    canvas._receive(canvas.pen, {"kind": kind, **content}, list(buffers))


def tell_stroke(canvas, points=((1, 2),), **changes):
    content = {"id": 7, "action": "paint", "radius": 2, "label": 1, "slice_id": 0, **changes}
    tell(canvas, "stroke", np.array(points, "<i4").tobytes(), **content)


def pixels(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.array(picture.convert("RGBA"))


def pictures(message):
    return {target: pixels(rest[-1]) for target, name, *rest in message if name == "putImageData"}


def test_nothing_is_sent_before_a_page_is_there_and_everything_then(canvas, sent):
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)
    ids = np.array([[-1, 0, 1, 2]] * 3, np.int16)
    canvas.show_slice(image)
    canvas.show_markers(ids, COLORS)
    assert sent == []
    tell(canvas, "ready")
    shown = pictures(sent[0])
    np.testing.assert_array_equal(shown["slice"][..., 0], image)
    np.testing.assert_array_equal(shown["markers"][0, 0], [0, 0, 0, 0])
    np.testing.assert_array_equal(shown["markers"][:, 1:], COLORS[ids[:, 1:]])


def test_a_reloaded_page_gets_the_picture_with_all_patches(canvas, sent):
    ids = np.zeros((8, 9), np.uint8)
    canvas.show_slice(np.zeros((8, 9), np.uint8))
    canvas.show_labels(ids, COLORS)
    tell(canvas, "ready")
    canvas.show_labels(np.full((2, 3), 2, np.uint8), COLORS, origin=(4, 5))
    tell(canvas, "ready")
    ids[4:6, 5:8] = 2
    np.testing.assert_array_equal(pictures(sent[-1])["labels"], COLORS[ids])


def test_a_patch_is_sent_alone_after_clearing_its_rectangle(canvas, sent):
    canvas.show_slice(np.zeros((50, 60), np.uint8))
    tell(canvas, "ready")
    canvas.show_markers(np.ones((2, 3), np.int16), COLORS, origin=(10, 20), acknowledge=5)
    clear, put, mark = sent[-1]
    assert clear == ("markers", "clearRect", [20, 10, 3, 2])
    assert put[:3] == ("markers", "putImageData", [20, 10])
    np.testing.assert_array_equal(pixels(put[3]), np.broadcast_to(COLORS[1], (2, 3, 4)))
    assert mark[:2] == ("markers", "set")
    assert mark[2][1] == 5


def test_the_callers_arrays_are_neither_kept_nor_changed(canvas, sent):
    image, ids = np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8)
    canvas.show_slice(image)
    canvas.show_labels(ids, COLORS)
    image[:] = 9
    canvas.show_labels(np.ones((2, 2), np.uint8), COLORS)
    assert ids.max() == 0
    tell(canvas, "ready")
    assert pictures(sent[0])["slice"][..., 0].max() == 0


def test_draws_of_a_batch_are_one_message_even_nested(canvas, sent):
    tell(canvas, "ready")
    sent.clear()
    with canvas.batch():
        canvas.show_slice(np.zeros((4, 4), np.uint8))
        canvas.show_boundaries(np.eye(4, dtype=bool))
    assert [set(pictures(message)) for message in sent] == [{"slice", "boundaries"}]


def test_every_message_names_its_canvas_for_pages_that_have_forgotten_it(canvas, sent):
    canvas.show_slice(np.zeros((4, 4), np.uint8))
    tell(canvas, "ready")
    for _ in range(2):
        canvas.show_slice(np.zeros((4, 4), np.uint8))
    assert all(target == "slice" for message in sent for target, *_ in message)


def test_a_failing_batch_leaves_nothing_behind_for_the_next(canvas, sent):
    canvas.show_slice(np.zeros((4, 4), np.uint8))
    tell(canvas, "ready")
    with pytest.raises(ZeroDivisionError), canvas.batch():
        1 / 0  # noqa: B018
    canvas.show_labels(np.ones((4, 4), np.uint8), COLORS)
    sent.clear()
    canvas.clear("labels")
    assert sent == [[("labels", "clearRect", [0, 0, 4, 4])]]


def test_what_is_empty_is_not_cleared_again(canvas, sent):
    canvas.show_slice(np.zeros((4, 4), np.uint8))
    tell(canvas, "ready")
    sent.clear()
    canvas.clear("labels")
    assert all(not message for message in sent)


def test_two_acknowledgements_of_one_batch_travel_in_two_messages(canvas, sent):
    tell(canvas, "ready")
    sent.clear()
    with canvas.batch():
        canvas.acknowledge(1)
        canvas.acknowledge(2)
    assert [message[-1][2][1] for message in sent] == [1, 2]


def test_another_shape_resizes_all_layers_and_forgets_the_overlays(canvas, sent):
    canvas.show_slice(np.zeros((4, 5), np.uint8))
    canvas.show_labels(np.ones((4, 5), np.uint8), COLORS)
    canvas.show_slice(np.zeros((6, 7), np.uint8))
    assert {(c.height, c.width) for c in canvas.near.layers.canvases.values()} == {(6, 7)}
    assert (canvas.pen.height, canvas.pen.width) == (6, 7)
    tell(canvas, "ready")
    assert set(pictures(sent[-1])) == {"slice"}


def test_the_first_slice_takes_the_invitation_away(canvas):
    assert canvas.pen.notice == "Open an image to begin"
    canvas.show_slice(np.zeros((4, 5), np.uint8))
    assert canvas.pen.notice == ""


def test_a_reason_given_by_the_caller_stays(canvas):
    canvas.pen.notice = "Read-only"
    canvas.show_slice(np.zeros((4, 5), np.uint8))
    assert canvas.pen.notice == "Read-only"


def test_a_stroke_arrives_as_a_record(canvas):
    strokes = []
    canvas.stroked.connect(strokes.append)
    tell_stroke(canvas, [(1, 2), (-3, 40000)], action="erase stroke", slice_id=12)
    (stroke,) = strokes
    assert isinstance(stroke, Stroke)
    assert stroke.points.tolist() == [[1, 2], [-3, 40000]]
    assert (stroke.id, stroke.radius, stroke.label) == (7, 2, 1)
    assert (stroke.action, stroke.slice_id) == ("erase stroke", 12)


def test_a_stroke_that_fails_loses_its_echo(canvas, sent):
    def refuse(stroke):
        raise RuntimeError("no")

    canvas.stroked.connect(refuse)
    with pytest.raises(Exception, match="no"):
        tell_stroke(canvas, id=99)
    assert sent[-1][-1][2][1] == 99


def test_a_stroke_that_comes_twice_counts_once(canvas):
    """A page whose connection broke sends again what nobody has answered."""
    strokes = []
    canvas.stroked.connect(strokes.append)
    brush = {"action": "paint", "radius": 2, "label": 1, "slice_id": 1}
    for number, column in ((7, 3), (8, 4), (7, 3), (8, 4), (7, 5)):
        tell(canvas, "stroke", np.array([2, column], "<i4").tobytes(), id=number, **brush)
    assert [stroke.points.tolist() for stroke in strokes] == [[[2, 3]], [[2, 4]], [[2, 5]]]


@pytest.mark.parametrize(
    ("kind", "value", "signal", "expected"),
    [
        ("wheel", -3, "wheeled", (-3,)),
        ("key", "ctrl+z", "key_pressed", ("ctrl+z",)),
        ("hover", [4, 5], "hovered", ((4, 5),)),
        ("hover", None, "hovered", (None,)),
        ("visit", [4, 5], "visited", (4, 5)),
    ],
)
def test_what_may_come_fast_is_answered_once_handled(
    canvas, replies, kind, value, signal, expected
):
    got = []
    getattr(canvas, signal).connect(lambda *values: got.append(values))
    tell(canvas, kind, value=value)
    assert got == [expected]
    assert replies == [{"kind": "handled", "of": kind}]


def test_a_failing_listener_does_not_silence_the_wheel(canvas, replies):
    canvas.wheeled.connect(lambda steps: 1 / 0)
    with pytest.raises(Exception, match="division"):
        tell(canvas, "wheel", value=1)
    assert replies == [{"kind": "handled", "of": "wheel"}]


def test_wheel_steps_that_cancel_out_change_no_slice(canvas, replies):
    canvas.wheeled.connect(lambda steps: pytest.fail("no step was left"))
    tell(canvas, "wheel", value=0)
    assert replies == [{"kind": "handled", "of": "wheel"}]


def test_clicks_arrive_as_voxels(canvas):
    picked, centred = [], []
    canvas.picked.connect(lambda *voxel: picked.append(voxel))
    canvas.centred.connect(lambda *voxel: centred.append(voxel))
    tell(canvas, "pick", voxel=[3, 4], shift=True)
    tell(canvas, "center", voxel=[5, 6], shift=False)
    assert (picked, centred) == ([(3, 4, True)], [(5, 6)])


def test_a_patch_outside_the_slice_is_refused(canvas):
    canvas.show_slice(np.zeros((4, 5), np.uint8))
    with pytest.raises(ValueError, match=r"labels of shape \(2, 2\) at \(3, 3\) do not fit"):
        canvas.show_labels(np.zeros((2, 2), np.uint8), COLORS, origin=(3, 3))


@pytest.mark.parametrize("image", [np.zeros((4, 5)), np.zeros(4, np.uint8), np.zeros((0, 4), "u1")])
def test_what_is_no_slice_is_refused(canvas, image):
    with pytest.raises(ValueError, match="a slice is 2D uint8"):
        canvas.show_slice(image)


def test_an_unknown_layer_is_refused(canvas):
    with pytest.raises(ValueError, match="a layer is one of slice, labels"):
        canvas.clear("label")


def test_a_colour_map_is_taken_as_a_table_or_as_bytes(canvas):
    table = np.arange(768, dtype=np.uint16).reshape(256, 3) % 256
    canvas.pen.colormap = table
    assert canvas.pen.colormap == table.astype(np.uint8).tobytes()
    with pytest.raises(traitlets.TraitError, match=r"\(256, 3\)"):
        canvas.pen.colormap = table[:10]


def test_closing_leaves_no_widget_behind():
    before = set(ipywidgets_widget._instances)
    canvas = SliceCanvas()
    canvas.show_slice(np.zeros((4, 5), np.uint8))
    assert len(ipywidgets_widget._instances) > len(before) + 5
    canvas.close()
    assert set(ipywidgets_widget._instances) == before


def test_drawing_from_many_threads_keeps_commands_and_pictures_together(canvas, sent):
    canvas.show_slice(np.zeros((16, 16), np.uint8))
    tell(canvas, "ready")

    def draw(row):
        for column in range(16):
            canvas.show_markers([[row % 3]], COLORS, origin=(row, column), acknowledge=row + 1)

    threads = [threading.Thread(target=draw, args=(row,)) for row in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    patches = [message for message in sent if message[0][0] == "markers"]
    assert len(patches) == 256
    for clear, put, mark in patches:
        row = clear[2][1]
        assert put[2] == clear[2][:2]
        assert pixels(put[3])[0, 0].tolist() == COLORS[row % 3].tolist()
        assert mark[2][1] == row + 1


def test_a_tile_says_where_it_lies_and_a_page_that_comes_later_hears_it_too(canvas, sent):
    tell(canvas, "ready")
    tile = Tile((5000, 6000), 300, 600, 330, 660, 3)
    canvas.show_slice(np.zeros((10, 20), np.uint8), tile=tile)
    tell(canvas, "ready")
    for message in (sent[-2], sent[-1]):
        for layer in LAYERS:
            places = [a for target, name, a, *_ in message if (target, name) == (layer, "set")]
            assert [value for _, value in places][:3] == [600, 300, 3]
    bitmaps = {(c.height, c.width) for c in canvas.near.layers.canvases.values()}
    assert bitmaps == {(2048, 2048)}


def test_another_tile_takes_the_overlays_of_the_former_away_in_the_same_moment(canvas, sent):
    tell(canvas, "ready")
    canvas.show_slice(np.zeros((9, 9), np.uint8), tile=Tile((5000, 5000), 0, 0, 9, 9))
    canvas.show_markers(np.ones((9, 9), np.int16), COLORS)
    sent.clear()
    canvas.show_slice(np.zeros((9, 9), np.uint8), tile=Tile((5000, 5000), 9, 9, 18, 18))
    (message,) = sent
    assert ("markers", "clearRect", [0, 0, 2048, 2048]) in message
    assert set(canvas.near.planes) == {"slice"}


def test_an_image_that_does_not_fill_its_tile_is_refused(canvas):
    with pytest.raises(ValueError, match=r"the tile has \(3, 3\) pixels, the image \(9, 9\)"):
        canvas.show_slice(np.zeros((9, 9), np.uint8), tile=Tile((99, 99), 0, 0, 9, 9, 3))


def test_what_is_seen_arrives_as_a_record(canvas, replies):
    looks = []
    canvas.looked.connect(lambda *look: looks.append(look))
    tell(canvas, "look", value={"shape": [9, 8], "seen": [1, 2, 3, 4, 0.5]})
    assert looks == [((9, 8), Seen(1, 2, 3, 4, 0.5))]
    assert replies == [{"kind": "handled", "of": "look"}]
