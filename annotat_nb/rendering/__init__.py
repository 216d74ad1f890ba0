"""Pictures from arrays: colour maps, class colours, grey slices, histograms."""

from annotat_nb.rendering.colormaps import COLORMAPS, colormap
from annotat_nb.rendering.histogram import auto_window, histogram, label_histogram
from annotat_nb.rendering.palette import PALETTE, class_color, rgba_table
from annotat_nb.rendering.slices import boundaries, overlay, to_grey

__all__ = [
    "COLORMAPS",
    "PALETTE",
    "auto_window",
    "boundaries",
    "class_color",
    "colormap",
    "histogram",
    "label_histogram",
    "overlay",
    "rgba_table",
    "to_grey",
]
