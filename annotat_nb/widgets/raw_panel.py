"""The dialog that asks what a RAW file cannot say: its size and type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.io import parse_raw_name
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Shape = tuple[int, int, int]
TYPES = (
    "uint8",
    "int8",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "float16",
    "float32",
    "float64",
)


class RawPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Size and type of a headerless file, filled in from its name.

    Parameters
    ----------
    path
        The file.
    on_ok
        Called with the shape, (z, y, x), and the dtype, when they fit the file.
    on_cancel
        Called when the user gives up.
    """

    def __init__(
        self,
        path: Path,
        on_ok: Callable[[Shape, str], object],
        on_cancel: Callable[[], object],
    ) -> None:
        self._size, self._on_ok = path.stat().st_size, on_ok
        guess = parse_raw_name(path.name)
        depth, height, width = guess.shape or (1, 1, 1)
        self.sizes = {
            axis: w.BoundedIntText(extent, min=1, max=2**31, description=axis.upper())
            for axis, extent in (("x", width), ("y", height), ("z", depth))
        }
        self.dtype = w.Dropdown(options=TYPES, value=(guess.dtypes or TYPES)[0], description="Type")
        self.big_endian = w.Checkbox(
            False, description="Big-endian", indent=False, tooltip="Most significant byte first"
        )
        self.fit = Line()
        self.ok = w.Button(description="Ok", button_style="primary")
        self.cancel = w.Button(description="Cancel")
        self.ok.on_click(lambda _: self._accept())
        self.cancel.on_click(lambda _: on_cancel())
        for control in (*self.sizes.values(), self.dtype, self.big_endian):
            control.observe(lambda _: self._check(), "value")
        title = w.Label(f"Size and type of {inert(path.name)}", style={"font_weight": "bold"})
        buttons = w.HBox([self.ok, self.cancel])
        super().__init__(
            [title, *self.sizes.values(), self.dtype, self.big_endian, self.fit, buttons]
        )
        self._check()

    @property
    def shape(self) -> Shape:
        """The shape that is typed, (z, y, x)."""
        return self.sizes["z"].value, self.sizes["y"].value, self.sizes["x"].value

    def _accept(self) -> None:
        self._on_ok(self.shape, self._dtype())

    def _dtype(self) -> str:
        order = ">" if self.big_endian.value else "<"
        return order + np_code(self.dtype.value)

    def _check(self) -> None:
        depth, height, width = self.shape
        expected = depth * height * width * int(np_code(self.dtype.value)[1:])
        self.ok.disabled = expected != self._size
        self.ok.tooltip = "" if expected == self._size else "Size and type do not fit the file"
        verdict = "this fits the file" if expected == self._size else f"the file has {self._size:,}"
        self.fit.value = f"{expected:,} bytes: {verdict}"


def np_code(name: str) -> str:
    """Return numpy's code for a type: a letter and the bytes of one value.

    Examples
    --------
    >>> np_code("uint16")
    'u2'
    """
    import numpy as np

    dtype = np.dtype(name)
    return f"{dtype.kind}{dtype.itemsize}"
