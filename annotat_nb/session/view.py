"""What is shown, and with which tool: kept with the workspace, never computed on."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from annotat_nb.operation import Record
from annotat_nb.rendering import COLORMAPS
from annotat_nb.session.brushes import BRUSHES
from annotat_nb.volume import AXES, Axis

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape

LARGEST_RADIUS = 200
Index = Annotated[int, Field(ge=0)]
Opacity = Annotated[float, Field(ge=0, le=1)]
ToolName = Literal["move", "center", "paint", "erase"]


class View(Record):
    """Which slice is shown, and how.

    Examples
    --------
    >>> View(axis="y", y=3).index
    3
    """

    title: ClassVar[str] = "View"

    axis: Axis = "z"
    """Axis that the shown slice cuts: "z" is XY, "y" is XZ, "x" is YZ."""
    z: Index = 0
    """Number of the XY slice, from 0."""
    y: Index = 0
    """Number of the XZ slice, from 0."""
    x: Index = 0
    """Number of the YZ slice, from 0."""
    image: Literal["original", "alternative"] = "original"
    """Which image is shown: the one computed on, or the visualization image."""
    window: tuple[float, float] | None = None
    """Intensities shown as black and white; none: chosen from the image."""
    colormap: str = "Grays"
    """Colours of the slice."""
    label_opacity: Opacity = 0.35
    """How strongly the labels cover the slice."""
    show_labels: bool = True
    """Show the segmentation over the slice."""
    show_uncertainty: bool = False
    """Show over the slice where the classifier was unsure."""
    uncertainty_opacity: Opacity = 0.7
    """How strongly that covers the slice."""
    show_superpixels: bool = False
    """Show the superpixels' boundaries over the slice."""
    show_markers: bool = True
    """Show what was painted."""
    label: Index = 0
    """Class that the brush paints."""
    radius: Annotated[int, Field(ge=0, le=LARGEST_RADIUS, json_schema_extra={"unit": "voxel"})] = 5
    """Radius of the brush. 1 marks five voxels."""
    tool: ToolName = "paint"
    """What the left mouse button does."""
    brush: str = "Paint"
    """What painting does: the kind of an annotation tool that is used by drawing."""
    brush_options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Of such kinds, the parameters that a stroke does not say."""

    @field_validator("brush")
    @classmethod
    def _known_brush(cls, brush: str) -> str:
        if brush not in BRUSHES:
            raise ValueError(
                f"nothing that draws is called {brush!r}; there are {', '.join(BRUSHES)}"
            )
        return brush

    @field_validator("window")
    @classmethod
    def _ordered(cls, window: tuple[float, float] | None) -> tuple[float, float] | None:
        if window and not (isfinite(window[0]) and isfinite(window[1]) and window[0] < window[1]):
            raise ValueError(f"black must be less than white, got {window[0]:g} and {window[1]:g}")
        return window

    @model_validator(mode="after")
    def _known_colormap(self) -> View:
        if self.colormap not in COLORMAPS:
            raise ValueError(f"no colour map is called {self.colormap!r}; see COLORMAPS")
        return self

    @property
    def index(self) -> int:
        """Number of the shown slice along its axis."""
        return int(getattr(self, self.axis))

    @property
    def position(self) -> Shape:
        """The voxel where the three planes meet, (z, y, x)."""
        return self.z, self.y, self.x

    def within(self, shape: Shape) -> View:
        """Return the view with its slices inside a volume of `shape`."""
        inside: dict[str, int] = {
            a: min(getattr(self, a), e - 1) for a, e in zip(AXES, shape, strict=True)
        }
        return self.model_copy(update=inside)


def middle_of(shape: Shape) -> View:
    """Return the view that a volume of `shape` opens with: its middle."""
    z, y, x = (extent // 2 for extent in shape)
    return View(z=z, y=y, x=x)
