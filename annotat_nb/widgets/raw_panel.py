"""The dialog that asks what a RAW file cannot say: its size and type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.io import fitting_sizes, parse_raw_name
from annotat_nb.widgets.button import button
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


EXTENTS = {
    "x": "How many voxels stand side by side in a row",
    "y": "How many rows make up a slice",
    "z": "How many slices there are",
}
EDGE = "Edge length of a voxel, for display and measures; 1 where it is unknown"


class RawPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Size and type of a headerless file, filled in from its name.

    Parameters
    ----------
    path
        The file.
    on_ok
        Called with keywords of `annotat_nb.read`: the shape, (z, y, x), the dtype, and the voxel
        size where it was typed, once they fit the file.
    on_cancel
        Called when the user gives up.
    """

    def __init__(
        self,
        path: Path,
        on_ok: Callable[..., object],
        on_cancel: Callable[[], object],
    ) -> None:
        self._size, self._on_ok = path.stat().st_size, on_ok
        self._make_controls(path.name)
        self.ok = button("Open", self._accept, button_style="primary")
        self.cancel = button("Cancel", on_cancel, "Open nothing")
        for control in (*self.sizes.values(), self.dtype, self.big_endian):
            control.observe(lambda _: self._check(), "value")
        self.fitting.observe(self._take_fitting, "value")
        title = Line(f"Size and type of {inert(path.name)}").add_class("annotat-title-line")
        sizes = w.HBox([w.VBox(list(row.values())) for row in (self.sizes, self.edges)])
        kind = w.HBox([self.dtype, self.big_endian])
        buttons = w.HBox([self.ok, self.cancel]).add_class("annotat-foot")
        super().__init__([title, sizes, kind, self.fit, self.fitting, buttons])
        self.add_class("annotat-raw")
        self._check()

    def _make_controls(self, name: str) -> None:
        guess = parse_raw_name(name)
        shape = dict(zip("zyx", guess.shape or (1, 1, 1), strict=True))
        self.sizes = {
            axis: w.BoundedIntText(
                shape[axis], min=1, max=2**31, description=f"Voxels {axis}", tooltip=EXTENTS[axis]
            )
            for axis in "xyz"
        }
        self.edges = {
            axis: w.BoundedFloatText(
                1.0, min=1e-12, max=1e12, description=f"Voxel size {axis}", tooltip=EDGE
            )
            for axis in "xyz"
        }
        self.dtype = w.Dropdown(
            options=TYPES,
            value=(guess.dtypes or TYPES)[0],
            description="Type",
            tooltip="What a voxel is stored as: the number behind the word counts its bits",
        )
        self.big_endian = w.Checkbox(
            False, description="Big-endian", indent=False, tooltip="Most significant byte first"
        )
        self.fit = Line()
        self.fitting = w.Dropdown(
            description="These fit", tooltip="Sizes and types that fill the file to its last byte"
        ).add_class("annotat-wide")

    @property
    def shape(self) -> Shape:
        """The shape that is typed, (z, y, x)."""
        return self.sizes["z"].value, self.sizes["y"].value, self.sizes["x"].value

    @property
    def voxel_size(self) -> tuple[float, float, float]:
        """The edge lengths that are typed, (z, y, x)."""
        return self.edges["z"].value, self.edges["y"].value, self.edges["x"].value

    def _accept(self) -> None:
        size = self.voxel_size
        known = {} if size == (1.0, 1.0, 1.0) else {"voxel_size": size}
        self._on_ok(shape=self.shape, dtype=self._dtype(), **known)

    def _dtype(self) -> str:
        order = ">" if self.big_endian.value else "<"
        return order + np_code(self.dtype.value)

    def _check(self) -> None:
        depth, height, width = self.shape
        expected = depth * height * width * int(np_code(self.dtype.value)[1:])
        is_fit = expected == self._size
        self.ok.disabled = not is_fit
        self.ok.tooltip = (
            "Read the file like this" if is_fit else "Size and type do not fit the file"
        )
        verdict = "this fits the file" if is_fit else f"but the file has {self._size:,}"
        needed = f"{expected:,} byte{'' if expected == 1 else 's'}"
        self.fit.value = f"Size and type make {needed}, {verdict}"
        self._suggest([] if is_fit else fitting_sizes(self._size, self.shape, self.dtype.value))

    def _suggest(self, found: list[tuple[Shape, str]]) -> None:
        """Offer what would fill the file; choosing one types it."""
        choices = [(f"{z} × {y} × {x} {dtype}", ((z, y, x), dtype)) for (z, y, x), dtype in found]
        self.fitting.options = [("z × y × x and type …", None), *choices]
        self.fitting.index = 0
        self.fitting.layout.display = "" if found else "none"

    def _take_fitting(self, change: dict[str, Any]) -> None:
        if change["new"] is None:
            return
        shape, self.dtype.value = change["new"]
        for axis, extent in zip("zyx", shape, strict=True):
            self.sizes[axis].value = extent


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
