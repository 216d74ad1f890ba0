"""The slice canvas in a real JupyterLab."""

CELL = """
import numpy as np
from annotat_nb.annotation.raster import stroke_mask
from annotat_nb.widgets.canvas import SliceCanvas

COLORS = np.array([[0, 0, 0, 255], [230, 159, 0, 255], [86, 180, 233, 255]], np.uint8)
canvas = SliceCanvas(height="400px")
canvas.pen.palette = ["#000000", "#e69f00", "#56b4e9"]
marks = np.full((200, 300), -1, np.int16)
strokes = []

@canvas.stroked.connect
def keep(stroke):
    strokes.append(stroke)
    y, x, patch = stroke_mask(stroke.points, stroke.radius, marks.shape)
    view = marks[y:y + patch.shape[0], x:x + patch.shape[1]]
    view[patch] = stroke.label if stroke.action == "paint" else -1
    canvas.show_markers(view, COLORS, origin=(y, x), acknowledge=stroke.id)

canvas.show_slice((np.add.outer(np.arange(200), np.arange(300)) % 256).astype(np.uint8))
canvas
"""


def test_a_stroke_reaches_the_kernel(notebook, kernel, screenshot):
    page = notebook(CELL)
    pen = page.get_by_role("application", name="Annotation canvas")
    pen.wait_for()
    box = pen.bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 500, box["y"] + 200, steps=10)
    page.mouse.up()
    print(kernel("print(strokes, marks.max(), canvas._shape, canvas._awake)"))
    screenshot("canvas-stroke")
    assert kernel("len(strokes)") == "1"
