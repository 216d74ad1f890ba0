"""The optimum-path trees that a label image is made of, grown where they are asked for.

A label is cut into *regions*: an object whose box has up to 2¹⁹ voxels is one, the box of a larger
one is divided, and so is the background. Each region has a forest of its own, which depends on
nothing outside it: what nobody touches is never computed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.annotation.seeding import seed_nodes
from annotat_nb.blocks import Block, pad_box, pieces, shape_of, whole
from annotat_nb.kernels.threads import each
from annotat_nb.progress import stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annotat_nb.annotation.resume import LabelEditing
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report
    from annotat_nb.volume import Volume

LARGEST_OBJECT = 2**19
"""Voxels of the box round an object that is one region."""

SIDE = {2: 512, 3: 64}
"""Side of the boxes that others are divided into, in voxels, for slices and for volumes."""

LARGEST_LABEL = 2**16 - 1
SEED_BITS, BOX_BITS = 20, 27
"""A tree is named by its label, the number of its box and that of its seed, in one integer."""

MAX_BYTES = 2**28
"""Memory for forests; those that were used longest ago are dropped, and grown again if needed."""


@dataclass(frozen=True, eq=False, slots=True)
class Region:
    """The voxels of one label in one box, and their forest: 24 bytes a voxel."""

    flat: Flat
    """Flat index in the volume, ascending; the position in here is the number of a node."""
    values: NDArray[np.float32]
    """Intensities, 0 to 255."""
    roots: NDArray[np.int32]
    """Which of the seeds each voxel belongs to."""
    costs: NDArray[np.float64]
    """What the path from there costs."""
    seeds: NDArray[np.int64]
    """The node of each seed, ascending."""
    seed_values: NDArray[np.float32]
    """Intensity round each seed."""

    @property
    def nbytes(self) -> int:
        """Memory that the region takes, in bytes."""
        parts = self.flat, self.values, self.roots, self.costs, self.seeds, self.seed_values
        return sum(part.nbytes for part in parts)


class Trees:
    """The trees of a label image.

    Parameters
    ----------
    volume
        The image.
    label
        The label image, in memory; it must not change any more.
    parameters
        How trees are seeded and grown.
    report
        Told the share of the image and of the label that was gone through, 0 to 1.
    """

    def __init__(
        self,
        volume: Volume,
        label: Array,
        parameters: LabelEditing,
        report: Report | None = None,
    ) -> None:
        self.shape = volume.shape
        self.weights = parameters.weights
        self._volume, self._label, self._parameters = volume, label, parameters
        self._range = volume.measure_range(stretch(report, 0, 0.8))
        self._boxes = _find_boxes(label, stretch(report, 0.8, 1))
        self._regions: OrderedDict[int, Region] = OrderedDict()
        self._lock = Lock()
        self._cut = lru_cache(self._cut_up)

    def labels_of(self, flat: Flat) -> Array:
        """Return the label that each voxel had at first."""
        found: Array = self._label[np.unravel_index(flat, self.shape)]
        return found

    def regions_of(self, flat: Flat) -> NDArray[np.int64]:
        """Return the number of the region that each voxel lies in."""
        numbers, labels = np.empty(len(flat), np.int64), self.labels_of(flat)
        for label in np.unique(labels).tolist():
            origin, sides, counts = self._cut(label)
            places = np.stack(np.unravel_index(flat[labels == label], self.shape), axis=1)
            boxes = np.ravel_multi_index(tuple(((places - origin) // sides).T), counts)
            numbers[labels == label] = label << BOX_BITS | boxes
        return numbers

    def trees_of(self, flat: Flat, report: Report) -> NDArray[np.int64]:
        """Return the name of the tree that each voxel belongs to; see `SEED_BITS`."""
        trees, numbers = np.empty(len(flat), np.int64), self.regions_of(flat)
        touched = np.unique(numbers).tolist()

        def name(item: int) -> None:
            here, region = numbers == touched[item], self[touched[item]]
            nodes = np.searchsorted(region.flat, flat[here])
            trees[here] = touched[item] << SEED_BITS | region.roots[nodes].astype(np.int64)

        each(len(touched), name, done=report)
        return trees

    def __getitem__(self, number: int) -> Region:
        region = self._regions.get(number) or self._grown(number)
        with self._lock:
            self._regions[number] = region
            self._regions.move_to_end(number)
            while len(self._regions) > 1 and self.nbytes > MAX_BYTES:
                self._regions.popitem(last=False)
        return region

    @property
    def nbytes(self) -> int:
        """Memory that the forests take, in bytes."""
        return sum(region.nbytes for region in self._regions.values())

    def _cut_up(self, label: int) -> tuple[Array, Array, Array]:
        """Return where the boxes of a label begin, their sides, and how many there are."""
        box = self._boxes[label]
        extents, most = np.array(shape_of(box)), SIDE[2 if min(self.shape) == 1 else 3]
        if label == 0:
            spacing = self._parameters.background_seed_spacing
            sides = np.full(3, spacing * max(1, most // spacing))
        elif extents.prod() <= LARGEST_OBJECT:
            sides = extents
        else:
            sides = -(-extents // -(-extents // most))  # boxes of about the same size
        return np.array([side.start for side in box]), sides, -(-extents // sides)

    def _box(self, number: int) -> Box:
        """Return the box of a region."""
        label, box = number >> BOX_BITS, number & (2**BOX_BITS - 1)
        origin, sides, counts = self._cut(label)
        corner = origin + sides * np.unravel_index(box, counts)
        ends = np.minimum(corner + sides, [side.stop for side in self._boxes[label]])
        z, y, x = map(slice, corner.tolist(), ends.tolist())
        return z, y, x

    def _grown(self, number: int) -> Region:
        """Grow the forest of a region."""
        from annotat_nb.kernels.cpu.resuming import NONE, grow

        label, box = number >> BOX_BITS, self._box(number)
        inside = self._label[box] == label
        values, seeds = self._seeded(box, label, inside)
        flat = _flat_in(box, inside, self.shape)
        links = links_of(flat, self.shape)
        seed_values = appearance(values, links, seeds)
        kinds, seed_kinds = np.zeros(len(flat), np.int32), np.zeros(len(seeds), np.int32)
        roots, costs = np.full(len(flat), NONE, np.int32), np.full(len(flat), np.inf)
        roots[seeds], costs[seeds] = np.arange(len(seeds)), 0
        grow(values, kinds, links, seed_values, seed_kinds, self.weights, roots, costs)
        return Region(flat, values, roots, costs, seeds, seed_values)

    def _seeded(
        self, box: Box, label: int, inside: Array
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the intensities of the voxels of a region, and which of them are seeds."""
        if label:
            share = self._parameters.object_seed_spacing
            steps = [max(1.0, share * extent) for extent in shape_of(box)]
            return self._read(box)[inside], seed_nodes(inside, steps)
        block = Block(box, pad_box(box, (1, 1, 1), self.shape))
        image = self._read(block.padded)
        steps = [float(self._parameters.background_seed_spacing)] * 3
        seeds = seed_nodes(inside, steps, _steepness(image)[block.inner])
        return image[block.inner][inside], seeds

    def _read(self, box: Box) -> NDArray[np.float32]:
        """Read intensities, the range of the volume scaled to 0 to 255.

        What is not finite counts as the lowest.
        """
        image = np.asarray(self._volume.data[box]).astype(np.float64)
        low, high = self._range
        span = high / 2 - low / 2  # the whole may be more than a float64 can be
        if span == 0:
            return np.zeros(image.shape, np.float32)
        scaled = np.where(np.isfinite(image), (image / 2 - low / 2) / span, 0)
        return (255 * np.clip(scaled, 0, 1)).astype(np.float32)


def links_of(flat: Flat, shape: Shape) -> NDArray[np.int32]:
    """Return the neighbours of each of some voxels among them; see `resuming.link`."""
    from annotat_nb.kernels.cpu.resuming import link

    links = np.empty((len(flat), 6), np.int32)
    link(flat, shape[1], shape[2], links)
    return links


def appearance(values: Array, links: Array, nodes: Array) -> NDArray[np.float32]:
    """Return the intensity round some nodes: the mean of them and their neighbours, taken twice.

    The intensity of one voxel is mostly noise: of trees that begin with that, few take nearly all.
    """
    near = links[nodes]
    beyond = np.where(near[..., None] < 0, near[..., None], links[near]).reshape(len(nodes), 36)
    reach = np.concatenate([nodes[:, None], near, beyond], axis=1)
    is_there = reach >= 0
    sums = np.where(is_there, values[reach], 0).sum(axis=1, dtype=np.float64)
    means: NDArray[np.float32] = (sums / is_there.sum(axis=1)).astype(np.float32)
    return means


def _flat_in(box: Box, inside: Array, shape: Shape) -> Flat:
    places = [along + side.start for along, side in zip(np.nonzero(inside), box, strict=True)]
    flat: Flat = np.ravel_multi_index(tuple(places), shape).astype(np.int64)
    return flat


def _steepness(image: Array) -> Array:
    """Return the squared gradient of an image."""
    axes = [axis for axis, extent in enumerate(image.shape) if extent > 1]
    return sum((np.gradient(image, axis=axis) ** 2 for axis in axes), np.zeros(image.shape))


def _find_boxes(label: Array, report: Report) -> dict[int, Box]:
    """Return the box round each label; that of the background is everything."""
    from scipy import ndimage

    boxes: dict[int, Box] = {}
    todo = list(pieces(whole(label.shape)))
    for done, part in enumerate(todo, 1):
        for value, found in enumerate(ndimage.find_objects(label[part]), 1):
            if found is not None:
                boxes[value] = _round(boxes.get(value), _moved(found, part))
        report(done / len(todo))
    return {**boxes, 0: whole(label.shape)}


def _moved(box: Any, by: Box) -> Box:
    z, y, x = (
        slice(side.start + to.start, side.stop + to.start) for side, to in zip(box, by, strict=True)
    )
    return z, y, x


def _round(one: Box | None, other: Box) -> Box:
    """Return the box round two boxes."""
    if one is None:
        return other
    z, y, x = (
        slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
    return z, y, x
