"""Which slice is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.volume import AXES

if TYPE_CHECKING:
    from annotat_nb.session import Session

PLANES = (("XY", "z"), ("XZ", "y"), ("YZ", "x"))


class SliceBar(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The plane to annotate, and the numbers of the slices along all three axes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.plane = w.Dropdown(
            options=PLANES,
            value=session.view.axis,
            description="Plane",
            tooltip="Plane that is shown and painted on",
        )
        self.plane.observe(lambda change: session.show(axis=change["new"]), "value")
        self.sliders = {
            axis: self._slider(axis, extent)
            for axis, extent in zip(AXES, session.volume.shape, strict=True)
        }
        super().__init__([self.plane, *self.sliders.values()])
        self.add_class("annotat-slices")

    def refresh(self) -> None:
        """Show the view of the session."""
        view = self._session.view
        self.plane.value = view.axis
        for axis, slider in self.sliders.items():
            slider.value = getattr(view, axis)

    def _slider(self, axis: str, extent: int) -> w.IntSlider:
        slider = w.IntSlider(
            getattr(self._session.view, axis),
            min=0,
            max=extent - 1,
            description=axis,
            tooltip=f"Slice along {axis}, 0 to {extent - 1}",
            disabled=extent == 1,
        )

        def move(change: dict[str, Any]) -> None:
            self._session.show(**{axis: change["new"]})

        slider.observe(move, "value")
        return slider
