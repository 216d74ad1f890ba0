"""Pictures from arrays: colour maps, class colours, grey slices, histograms."""

from annotat_nb.rendering.colormaps import COLORMAPS, colormap
from annotat_nb.rendering.histogram import auto_window, histogram, label_histogram
from annotat_nb.rendering.palette import PALETTE, class_color, rgba_table
from annotat_nb.rendering.slices import boundaries, overlay, to_grey
from annotat_nb.rendering.tiles import Seen, Tile, overlap, tile_around, whole_tile
from annotat_nb.rendering.uncertainty import uncertainty_levels, uncertainty_table

__all__ = [
    "COLORMAPS",
    "PALETTE",
    "Seen",
    "Tile",
    "auto_window",
    "boundaries",
    "class_color",
    "colormap",
    "histogram",
    "label_histogram",
    "overlap",
    "overlay",
    "rgba_table",
    "tile_around",
    "to_grey",
    "uncertainty_levels",
    "uncertainty_table",
    "whole_tile",
]
