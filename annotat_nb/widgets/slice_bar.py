"""Which slice is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.volume import AXES

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.session import Session

PLANES = (("XY", "z"), ("XZ", "y"), ("YZ", "x"))


class SliceBar(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The plane to annotate, and the numbers of the slices along all three axes.

    Parameters
    ----------
    session
        What is shown.
    choose_plane
        Called with the axis of the plane that the user chose.
    """

    def __init__(self, session: Session, choose_plane: Callable[[str], object]) -> None:
        self._session = session
        self.plane = w.Dropdown(
            options=PLANES,
            value=session.view.axis,
            description="Plane",
            tooltip="Plane that is shown and painted on",
        )
        self.plane.observe(lambda change: self._choose(choose_plane, change["new"]), "value")
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

    def _choose(self, choose_plane: Callable[[str], object], axis: str) -> None:
        choose_plane(axis)
        self.plane.value = self._session.view.axis  # it stays, as long as that is a question

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
