"""Brushes that mark only what is bright, or dark, enough."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from annotat_nb.annotation.places import across, box_round, place_in
from annotat_nb.annotation.tools.brush import Brush
from annotat_nb.annotation.tools.tool import Marked
from annotat_nb.annotation.tools.writing import marking
from annotat_nb.blocks import pad_box

if TYPE_CHECKING:
    from annotat_nb.annotation.history import Edit
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.operation import Array

Grey = Annotated[float, Field(allow_inf_nan=False)]


class SelectiveBrush(Brush):
    """Marks those voxels under the brush whose intensity fits."""

    label: Marked = 1
    """Class to mark with; 0 is Background."""

    def resolve(self, scene: Scene) -> Edit:
        scene.annotation.classes[self.label]
        flat = self.voxels(scene.shape).flat()
        if len(flat):
            box = box_round(flat, scene.shape)
            values = scene.image(box)[place_in(flat, box, scene.shape)]
            flat = flat[self._fitting(values, flat, scene)]
        return marking(scene.annotation, self.step, [(self.label, flat)])

    @abstractmethod
    def _fitting(self, values: Array, flat: Flat, scene: Scene) -> Array:
        """Tell which of the `values` under the brush fit."""


class ThresholdBrush(SelectiveBrush):
    """Mark the voxels under the brush whose intensity lies in a window."""

    title: ClassVar[str] = "Threshold brush"

    low: Grey | None = None
    """Lowest grey value to mark; empty: there is no lower bound."""
    high: Grey | None = None
    """Highest grey value to mark; empty: there is no upper bound."""

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(
                f"the window from {self.low:g} to {self.high:g} is empty; the low value comes first"
            )
        return self

    def _fitting(self, values: Array, flat: Flat, scene: Scene) -> Array:
        fits: Array = ~np.isnan(values)
        if self.low is not None:
            fits &= values >= self.low
        if self.high is not None:
            fits &= values <= self.high
        return fits


class LocalThresholdBrush(SelectiveBrush):
    """Mark the bright, or the dark, voxels under the brush: on one side of Otsu's threshold.

    The threshold is that of the box round the stroke, in its slice (Otsu, IEEE Transactions on
    Systems, Man, and Cybernetics 9, 1979).
    """

    title: ClassVar[str] = "Local threshold brush"

    side: Literal["bright", "dark"] = "bright"
    """Which voxels to mark: those above the threshold, or the others."""
    surroundings: Annotated[int, Field(ge=0, le=2000, json_schema_extra={"unit": "voxel"})] = 20
    """How far round the stroke the image is looked at for the threshold."""

    def _fitting(self, values: Array, flat: Flat, scene: Scene) -> Array:
        from skimage.filters import threshold_otsu

        halo = across(self.axis, 0, self.surroundings)
        known = scene.image(pad_box(box_round(flat, scene.shape), halo, scene.shape))
        known = known[np.isfinite(known)]
        if not known.size or known.min() == known.max():
            raise ValueError(
                "the image has a single grey value round this stroke, so that nothing divides it; "
                "look at larger surroundings"
            )
        # Of integers every value would get a bin, and there may be very many.
        threshold = threshold_otsu(known if known.dtype.itemsize <= 2 else known.astype(float))
        fits: Array = values > threshold if self.side == "bright" else values <= threshold
        return fits
