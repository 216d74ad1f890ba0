"""Classes, markers, label images, and reversible edits to them."""

from annotat_nb.annotation.classes import Classes, ClassTable, LabelClass
from annotat_nb.annotation.document import Annotation
from annotat_nb.annotation.history import Edit, Write
from annotat_nb.annotation.labels import LabelImage
from annotat_nb.annotation.markers import Markers, Stroke
from annotat_nb.annotation.resume import LabelEditing, LabelForest
from annotat_nb.annotation.runs import Runs
from annotat_nb.annotation.tools import Brush, Erase, EraseAll, EraseStroke, Paint, Tool

__all__ = [
    "Annotation",
    "Brush",
    "ClassTable",
    "Classes",
    "Edit",
    "Erase",
    "EraseAll",
    "EraseStroke",
    "LabelClass",
    "LabelEditing",
    "LabelForest",
    "LabelImage",
    "Markers",
    "Paint",
    "Runs",
    "Stroke",
    "Tool",
    "Write",
]
