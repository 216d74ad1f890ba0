"""What is shown: the image, its contrast, and what lies over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
import numpy as np

from annotat_nb.widgets.contrast import ContrastPanel
from annotat_nb.widgets.sentences import uncertainty_missing
from annotat_nb.widgets.slice_pictures import automatic_window

if TYPE_CHECKING:
    from annotat_nb.operation import Array
    from annotat_nb.session import Session
    from annotat_nb.volume import Volume

UNSURE = "Show where the two most probable classes were close (U)"
SAMPLE = 2**17
"""Voxels that the histogram counts."""


class ShowPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Switches for the layers, the choice of image, and the contrast."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.labels = self._switch("Labels", "show_labels", "Show the segmentation (L)")
        self.opacity = self._slider("label_opacity", "How strongly the labels cover the slice")
        self.uncertainty = self._switch("Uncertainty", "show_uncertainty", UNSURE)
        self.uncertainty_opacity = self._slider(
            "uncertainty_opacity", "How strongly the uncertainty covers the slice"
        )
        self.superpixels = self._switch(
            "Superpixels", "show_superpixels", "Show the superpixels' boundaries (S)"
        )
        self.markers = self._switch("Markers", "show_markers", "Show what was painted (K)")
        self.image = w.Dropdown(
            options=[("Original", "original"), ("Alternative", "alternative")], description="Image"
        )
        self.image.observe(self._set("image"), "value")
        self.contrast = ContrastPanel(sample_of(session.volume))
        self.contrast.changed.connect(self._set_window)
        self.sampled = session.volume
        layers = (
            w.HBox([self.labels, self.opacity]),
            w.HBox([self.uncertainty, self.uncertainty_opacity]),
            w.HBox([self.superpixels, self.markers]),
        )
        super().__init__([*layers, self.image, self.contrast])
        self.refresh()

    def refresh(self) -> None:
        """Show the view of the session."""
        view, alternative = self._session.view, self._session.visualization
        self.labels.value, self.opacity.value = view.show_labels, view.label_opacity
        self.superpixels.value, self.markers.value = view.show_superpixels, view.show_markers
        self.uncertainty.value = view.show_uncertainty
        self.uncertainty_opacity.value = view.uncertainty_opacity
        missing = uncertainty_missing(self._session)
        self.uncertainty.disabled = missing is not None and not view.show_uncertainty
        self.uncertainty.tooltip = missing or UNSURE
        self.image.disabled = alternative is None
        self.image.tooltip = (
            "Open one first: File › Open visualization image"
            if alternative is None
            else "Which image is shown; only the original is computed on"
        )
        self.image.value = "original" if alternative is None else view.image
        self._refresh_contrast(alternative if view.image == "alternative" else None)

    def _refresh_contrast(self, alternative: Volume | None) -> None:
        image = alternative or self._session.volume
        window = self._session.view.window or automatic_window(image)
        if image is not self.sampled:
            self.sampled = image
            self.contrast.show(sample_of(image), window)
        elif tuple(self.contrast.window) != tuple(window):
            self.contrast.window = window

    def _switch(self, title: str, name: str, tooltip: str) -> w.Checkbox:
        switch = w.Checkbox(
            getattr(self._session.view, name),
            description=title,
            tooltip=tooltip,
            indent=False,
            layout={"width": "auto"},
        )
        switch.observe(self._set(name), "value")
        return switch

    def _slider(self, name: str, tooltip: str) -> w.FloatSlider:
        slider = w.FloatSlider(
            getattr(self._session.view, name),
            min=0,
            max=1,
            step=0.05,
            readout=False,
            tooltip=tooltip,
            layout={"width": "auto", "flex": "1 1 60px"},
        )
        slider.observe(self._set(name), "value")
        return slider

    def _set(self, name: str) -> Any:
        return lambda change: self._session.show(**{name: change["new"]})

    def _set_window(self, low: float, high: float) -> None:
        self._session.show(window=(low, high))


def sample_of(volume: Volume) -> Array:
    """Return voxels of the middle slices of `volume`, enough for a histogram."""
    depth, height, width = volume.shape
    step = max(1, int(np.sqrt(height * width * min(depth, 3) / SAMPLE)))
    slices = sorted({depth // 4, depth // 2, (3 * depth) // 4})
    return np.stack([volume.slice("z", index)[::step, ::step] for index in slices])
