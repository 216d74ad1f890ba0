"""The verbs that look around."""

from __future__ import annotations

from annotat_nb.session.base import SessionBase, SessionError
from annotat_nb.session.probing import Probe, chances_at
from annotat_nb.volume import AXES


class Viewing(SessionBase):
    """What is where, and going there."""

    def probe(self, voxel: tuple[int, int, int], *, probability: bool = True) -> Probe:
        """Say what is at one voxel.

        Parameters
        ----------
        voxel
            Its place, (z, y, x).
        probability
            Whether to compute that of its class too, and the uncertainty.
        """
        shown = self.visualization if self.view.image == "alternative" else self.volume
        value = (shown or self.volume).data[voxel]
        label, found = self.results.shown_at(voxel)
        if label is None or found is None or not probability:
            return Probe(value, label, None)
        return Probe(value, label, *chances_at(voxel, label, found))

    def center_on(self, class_id: int) -> None:
        """Bring all three slices to the centre of a class in the segmentation.

        Parameters
        ----------
        class_id
            Number of the class.

        Raises
        ------
        SessionError
            If no voxel has that class.
        """
        center = None if self.segmentation is None else self.segmentation.center_of(class_id)
        if center is None:
            raise SessionError(f"no voxel is labelled {self.classes[class_id].name} yet")
        self.show(**dict(zip(AXES, center, strict=True)))

    def step_slice(self, steps: int) -> None:
        """Go forward along the shown axis, or back; stop at the ends.

        Parameters
        ----------
        steps
            Number of slices; negative to go back.
        """
        last = self.volume.shape[AXES.index(self.view.axis)] - 1
        self.show(**{self.view.axis: min(max(self.view.index + steps, 0), last)})
