"""The slice canvas: a grey slice, its overlays, and a pen that answers at once."""

from annotat_nb.widgets.canvas.pen import Pen
from annotat_nb.widgets.canvas.slice_canvas import SliceCanvas
from annotat_nb.widgets.canvas.stroke import Stroke

__all__ = ["Pen", "SliceCanvas", "Stroke"]
