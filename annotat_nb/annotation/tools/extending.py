"""Marking with the class that the segmentation has under the stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from annotat_nb.annotation.tools.brush import Brush
from annotat_nb.annotation.tools.writing import marking

if TYPE_CHECKING:
    from annotat_nb.annotation.history import Edit
    from annotat_nb.annotation.scene import Scene


class Extend(Brush):
    """Mark the voxels under the brush with the class that the segmentation has where it begins."""

    title: ClassVar[str] = "Extend"

    def resolve(self, scene: Scene) -> Edit:
        label = self._first_class(scene)
        scene.annotation.classes[label]
        flat = self.voxels(scene.shape).flat()
        return marking(scene.annotation, self.step, [(label, flat)])

    def _first_class(self, scene: Scene) -> int:
        voxel = self.voxel_at(self.points[0], scene.shape)
        if voxel is None:
            raise ValueError(
                "the stroke begins outside the image, where no segmentation is; begin it on the "
                "class that it shall extend"
            )
        z, y, x = (slice(at, at + 1) for at in voxel)
        return int(scene.segmentation((z, y, x)).item())
