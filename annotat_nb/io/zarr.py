"""Zarr folders of version 2 and 3: arrays, groups of arrays, and OME-Zarr images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.io.axes import guessed_axes, letter_of
from annotat_nb.io.boxes import as_zyx
from annotat_nb.io.channel_names import naming_channels
from annotat_nb.io.choices import Image, no_choice, only_one
from annotat_nb.io.errors import ReadError, cannot_read, printable
from annotat_nb.io.gate import check_memory
from annotat_nb.io.tiff_scale import UNKNOWN
from annotat_nb.io.zarr_files import open_blocks
from annotat_nb.io.zarr_ome import MOST_LEVELS
from annotat_nb.io.zarr_tree import Node, ZarrTree
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.errors import Candidate
    from annotat_nb.io.options import Options
    from annotat_nb.io.zarr_meta import ZarrLayout
    from annotat_nb.io.zarr_ome import Level


def read_zarr(path: Path, options: Options) -> Volume:
    """Open the array that is asked for, else the finest level, or the only image there is."""
    options.refuse(path, "shape", "dtype")
    tree = ZarrTree(path)
    node = _find(tree, options.dataset) if options.dataset is not None else _only(tree)
    layout, level = tree.layout(node), _level(tree, node)
    source = open_blocks(path, node.folder, layout)
    with naming_channels(lambda: level.channels if level else ()):
        data = as_zyx(path, source, _axes(layout, level), options)
    check_memory(path, data.shape[1] * data.shape[2] * data.dtype.itemsize, "one slice of it")
    voxel_size, unit = level.scale if level else UNKNOWN
    return Volume(data, voxel_size=options.voxel_size or voxel_size, unit=unit, name=path.name)


def zarr_datasets(path: Path) -> tuple[Candidate, ...]:
    """List the arrays of a Zarr folder, each level of an image by itself."""
    tree = ZarrTree(path)
    return tuple(image.candidate for image in _images(tree, levels=MOST_LEVELS))


def _images(tree: ZarrTree, levels: int = 1) -> list[Image]:
    """List the arrays that can be images, with so many levels of each OME image."""
    names = []
    for node in tree.walk():
        inner = [node.child(level.path) for level in node.levels[:levels]]
        names += inner or ([node.name] if node.metadata is not None else [])
    found = [_image(tree, name) for name in names]
    return [image for image in found if image is not None and image.is_image]


def _image(tree: ZarrTree, name: str) -> Image | None:
    """Describe the array `name`; None where it cannot be read."""
    node = tree.node(name)
    try:
        layout = tree.layout(node) if node is not None and node.metadata is not None else None
    except ReadError:
        return None
    return None if layout is None else Image(name, layout.shape, layout.dtype)


def _find(tree: ZarrTree, name: str) -> Node:
    node = tree.node(name)
    if node is not None and node.levels:
        return _finest(tree, node)
    if node is not None and node.metadata is not None:
        return node
    cause = f"has no array {printable(name)[:100]!r}"
    raise no_choice(tree.path, cause, _images(tree, levels=MOST_LEVELS))


def _finest(tree: ZarrTree, group: Node) -> Node:
    level = group.levels[0].path
    node = tree.node(group.child(level))
    if node is not None and node.metadata is not None:
        return node
    cause = f"lists level {printable(level)[:100]} in its metadata, but that is missing"
    if not (others := _images(tree, levels=MOST_LEVELS)):
        raise cannot_read(tree.path, cause, "copy the whole folder again")
    raise no_choice(tree.path, cause, others)


def _only(tree: ZarrTree) -> Node:
    root = tree.node("")
    if root is None:
        remedy = "give a folder that holds zarr.json, .zarray or .zgroup"
        raise cannot_read(tree.path, "is not a Zarr folder", remedy)
    if root.metadata is not None or root.levels:
        return _find(tree, "")
    return _find(tree, only_one(tree.path, _images(tree)))


def _level(tree: ZarrTree, node: Node) -> Level | None:
    """Return what the group around an array says of it."""
    *outer, _ = node.name.split("/")
    for count in range(len(outer), -1, -1):
        group = tree.node("/".join(outer[:count])) if node.name else None
        for level in group.levels if group else ():
            if group is not None and group.child(level.path) == node.name:
                return level
    return None


def _axes(layout: ZarrLayout, level: Level | None) -> str:
    letters = level.axes if level else "".join(letter_of(name) for name in layout.names)
    if len(letters) == len(layout.shape) and {"Y", "X"} <= set(letters):
        return letters
    return guessed_axes(layout.shape, layout.dtype)
