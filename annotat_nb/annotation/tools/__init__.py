"""Tools: records of what the user did with the mouse, each resolved to one edit."""

from annotat_nb.annotation.tools.brush import BallBrush, Brush, Erase, Paint, SequentialPaint
from annotat_nb.annotation.tools.contour import Lasso, Polygon
from annotat_nb.annotation.tools.copying import CopyToNextSlice
from annotat_nb.annotation.tools.erasing import EraseAll, EraseStroke
from annotat_nb.annotation.tools.extending import Extend
from annotat_nb.annotation.tools.filling import Fill, FillHoles, FloodFill
from annotat_nb.annotation.tools.interpolating import Interpolate
from annotat_nb.annotation.tools.merging import Merge, MergeClasses
from annotat_nb.annotation.tools.morphing import FillLabelHoles, Morphology, RemoveIslands
from annotat_nb.annotation.tools.relabelling import Relabel
from annotat_nb.annotation.tools.splitting import Split
from annotat_nb.annotation.tools.superpixelwise import SuperpixelBrush
from annotat_nb.annotation.tools.threshold import LocalThresholdBrush, ThresholdBrush
from annotat_nb.annotation.tools.tool import Tool

__all__ = [
    "BallBrush",
    "Brush",
    "CopyToNextSlice",
    "Erase",
    "EraseAll",
    "EraseStroke",
    "Extend",
    "Fill",
    "FillHoles",
    "FillLabelHoles",
    "FloodFill",
    "Interpolate",
    "Lasso",
    "LocalThresholdBrush",
    "Merge",
    "MergeClasses",
    "Morphology",
    "Paint",
    "Polygon",
    "Relabel",
    "RemoveIslands",
    "SequentialPaint",
    "Split",
    "SuperpixelBrush",
    "ThresholdBrush",
    "Tool",
]
