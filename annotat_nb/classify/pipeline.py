"""What a segmentation is computed with."""

from __future__ import annotations

import re
from itertools import chain, count
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field, SerializeAsAny

from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.forest import RandomForest
from annotat_nb.classify.selection import FeatureSelection
from annotat_nb.features import Feature, Gaussian, Identity
from annotat_nb.operation import Record
from annotat_nb.superpixels import SuperpixelMethod, Waterpixels
from annotat_nb.superpixels.pooling import Pooling

if TYPE_CHECKING:
    from collections.abc import Iterable


def _known_device(name: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        raise ValueError(f"device must be 'auto', 'cpu' or 'cuda:N' such as 'cuda:0', got {name!r}")
    return name


def _at_least_one_feature(features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    if not features:
        raise ValueError("a pipeline needs at least one feature; add Identity(), the grey value")
    return tuple(dict.fromkeys(features))


def _at_least_one_pooling(pooling: tuple[Pooling, ...]) -> tuple[Pooling, ...]:
    if not pooling:
        raise ValueError("a pipeline needs at least one pooling: 'mean', 'min', 'max' or 'std'")
    return tuple(dict.fromkeys(pooling))


ClassId = Annotated[int, Field(ge=0, lt=2**15)]


def _some_classes(classes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    if classes is not None and not classes:
        raise ValueError("a mask needs at least one class; None lifts it")
    return None if classes is None else tuple(sorted(set(classes)))


class Pipeline(Record):
    """Every choice between an image with markers and its segmentation.

    Examples
    --------
    >>> Pipeline(superpixels=None).classifier
    RandomForest(n_estimators=200)
    """

    title: ClassVar[str] = "Classifier parameters"

    features: Annotated[
        tuple[SerializeAsAny[Feature], ...], AfterValidator(_at_least_one_feature)
    ] = (Identity(), Gaussian())
    """What the classifier sees at each voxel. More features can tell more apart, but take longer
    and need more markers."""

    superpixels: SerializeAsAny[SuperpixelMethod] | None = Field(default_factory=Waterpixels)
    """How voxels are grouped before they are classified; None classifies each voxel by itself,
    which is finer and slower."""

    pooling: Annotated[tuple[Pooling, ...], AfterValidator(_at_least_one_pooling)] = ("mean",)
    """How the values of a feature within a superpixel become one number: their mean, smallest,
    largest, or standard deviation. Each choice multiplies the number of features."""

    selection: FeatureSelection | None = Field(default_factory=FeatureSelection)
    """Leave out the features that hardly matter; None keeps all."""

    classifier: SerializeAsAny[Classifier] = Field(default_factory=RandomForest)
    """What learns the classes from the markers."""

    balanced: bool = False
    """Let each class count the same, however much of it is marked. Helps to find a rare class of
    which little is marked, and takes more for it that is not."""

    mask: Annotated[tuple[ClassId, ...] | None, AfterValidator(_some_classes)] = None
    """Train and classify only inside these classes of the label that is there when the mask is
    first used; elsewhere that label stays. First one classifier for sample against background,
    then another inside the sample. None: everywhere."""

    device: Annotated[str, AfterValidator(_known_device)] = "auto"
    """Where it is computed: ``cpu``, a graphics card such as ``cuda:0``, or ``auto``: the first
    graphics card that can be used, or else the processor. The results are the same, but for
    rounding."""

    seed: int = Field(0, ge=0, lt=2**32)
    """Start of the random numbers. The same seed gives the same segmentation."""

    def channels(self) -> dict[Feature, tuple[str, ...]]:
        """Name what the classifier sees of each feature: its channels, pooled in each way.

        Examples
        --------
        >>> Pipeline(features=(Identity(),), pooling=("min", "max")).channels()[Identity()]
        ('Identity (None, original image), min', 'Identity (None, original image), max')
        """
        pooling = None if self.superpixels is None else self.pooling
        return columns_of(self.features, pooling)


def columns_of(
    features: Iterable[Feature], pooling: tuple[Pooling, ...] | None
) -> dict[Feature, tuple[str, ...]]:
    """Name the columns of each feature for superpixels; where `pooling` is None, for voxels.

    No two have the same name: what is computed twice, such as a radius that two features have, or
    is called the same by who wrote it, is numbered.

    Examples
    --------
    >>> columns_of((Gaussian(radii=(1, 2)), Gaussian(radii=(2,))), None)[Gaussian(radii=(2,))]
    ('Gaussian (FFT Gauss) r=2 (2)',)
    """
    used: set[str] = set()
    names = {feature: tuple(_new(c, used) for c in feature.channels()) for feature in features}
    if pooling is None:
        return names
    return {f: tuple(f"{name}, {way}" for way in pooling for name in names[f]) for f in names}


def _new(name: str, used: set[str]) -> str:
    """Return `name`, numbered if it is `used`, and note that it now is."""
    numbered = (f"{name} ({number})" for number in count(2))
    found = next(each for each in chain((name,), numbered) if each not in used)
    used.add(found)
    return found
