"""Jupyter widgets: thin views of a session."""

from annotat_nb.widgets.annotator import Annotator

__all__ = ["Annotator"]
