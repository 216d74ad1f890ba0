"""Waves in several directions."""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Scales, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Gabor(Scales):
    """Stripes and oriented texture: how strong a wave of each direction is round each voxel.

    The magnitude of the image convolved, slice by slice, with a Gaussian of standard deviation
    r times a plane wave, exp(−(x² + y²) / 2 r²) exp(2 π i (x cos θ + y sin θ) / λ), from which
    so much of the Gaussian is taken that it does not answer to constant grey. The Gaussian is
    round, which makes the filter separable. J. G. Daugman, Uncertainty relation for resolution in
    space, spatial frequency, and orientation, Journal of the Optical Society of America A 2, 1985.

    Examples
    --------
    >>> Gabor(radii=(2,), orientations=2).channels()
    ('Gabor (FFT Gabor) r=2 0°', 'Gabor (FFT Gabor) r=2 90°')
    """

    title: ClassVar[str] = "Gabor (FFT Gabor)"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, a channel per direction for each. Larger
    values respond to broader stripes."""

    wavelength: float = Field(3.0, ge=2, le=8, json_schema_extra={"unit": "radii"})
    """Distance from stripe to stripe as a multiple of the radius. Larger values see fewer stripes
    at once and tell directions apart less sharply."""

    orientations: int = Field(4, ge=1, le=32)
    """Number of directions, evenly spread over 180°. More of them tell directions apart more
    finely; each adds a channel for each radius."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        smooth, wavelength = source.gaussian(radius, ndim=2), self.wavelength * radius
        return [
            source.backend.gabor(source.image, smooth, radius, wavelength, angle, source.inner)
            for angle in (pi * step / self.orientations for step in range(self.orientations))
        ]

    def full_title(self) -> str:
        usual = self.wavelength == type(self).model_fields["wavelength"].default
        wavelength = str(self.wavelength).removesuffix(".0")
        return self.title if usual else f"{self.title} λ={wavelength}r"

    def parts(self) -> tuple[str, ...]:
        return tuple(f"{180 * step / self.orientations:g}°" for step in range(self.orientations))

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii), ndim=2)
