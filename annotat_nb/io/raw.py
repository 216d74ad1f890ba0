"""Headerless files whose size and type stand in their names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isqrt, prod
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_dtype, check_file
from annotat_nb.io.stack import native
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.options import Options

Shape = tuple[int, int, int]

SIZE = re.compile(r"(?<!\d)(\d+)[x\u00d7](\d+)(?:[x\u00d7](\d+))?(?!\d)", re.IGNORECASE)
BITS = re.compile(r"(?<!\d)(8|16|32|64)[ _-]?bits?(?![a-z])", re.IGNORECASE)
_TYPE = re.compile(r"(?<![a-z])(u?int(?:8|16|32|64)|float(?:16|32|64))(?!\d)", re.IGNORECASE)
_OF_BITS = {
    8: ("uint8",),
    16: ("uint16",),
    32: ("float32", "uint32", "int32"),
    64: ("float64", "uint64", "int64"),
}
_OF_BYTES = {
    1: ("uint8", "int8"),
    2: ("uint16", "int16", "float16"),
    4: ("float32", "uint32", "int32"),
    8: ("float64", "uint64", "int64"),
}


_LIKELY = ("uint8", "uint16", "float32", "float64")
_CAMERAS = (2048, 1024, 512, 256)


@dataclass(frozen=True)
class RawGuess:
    """What the name of a RAW file says.

    Parameters
    ----------
    shape
        Number of voxels, (z, y, x); None when the name does not say.
    dtypes
        The dtypes that the name allows, the likeliest first; empty when it does not say.
    """

    shape: Shape | None
    dtypes: tuple[str, ...]


def parse_raw_name(name: str) -> RawGuess:
    """Read size (x, y and z in the name) and type anywhere in `name`.

    Where several sizes stand in a name, the one with most voxels counts.

    Examples
    --------
    >>> parse_raw_name("Beads_1024x1000x151_16bits.raw")
    RawGuess(shape=(151, 1000, 1024), dtypes=('uint16',))
    """
    shapes = [_zyx(*match.groups()) for match in SIZE.finditer(name)]
    shape = max((s for s in shapes if 0 not in s), key=prod, default=None)
    named = _TYPE.search(name)
    if named:
        return RawGuess(shape, (named[1].lower(),))
    bits = BITS.search(name)
    return RawGuess(shape, _OF_BITS[int(bits[1])] if bits else ())


def read_raw(path: Path, options: Options) -> Volume:
    """Map a headerless file; size and type come from the options, else from the name."""
    options.refuse(path, "dataset", "time", "channel", "rgb")
    size = check_file(path)
    guess = parse_raw_name(path.name)
    shape = _given_shape(path, options.shape) or guess.shape
    dtypes = _given_dtype(path, options.dtype) or guess.dtypes
    if shape is None:
        remedy = f"pass shape=(z, y, x){_cubes(size, dtypes)}"
        raise cannot_read(path, "says no size like 200x300x100 in its name", remedy)
    if len(dtypes) != 1:
        raise cannot_read(path, *_ambiguous(size, shape, dtypes))
    dtype = np.dtype(dtypes[0])
    if size != prod(shape) * dtype.itemsize:
        raise cannot_read(path, *_misfit(size, shape, dtype))
    data = np.memmap(path, dtype.newbyteorder("<") if dtype.isnative else dtype, "r", 0, shape)
    voxel_size = options.voxel_size or (1.0, 1.0, 1.0)
    return Volume(native(data), voxel_size=voxel_size, name=path.name)


def fitting(size: int, shape: Shape, dtype: np.dtype[Any]) -> list[str]:
    """List the shapes (z, y, x) and dtypes near the given ones that fill `size` bytes exactly.

    Examples
    --------
    >>> fitting(600, (2, 10, 10), np.dtype("uint8"))
    ['shape=(6, 10, 10) dtype=uint8', 'shape=(3, 10, 10) dtype=uint16']
    """
    _, height, width = shape
    likely = dict.fromkeys((dtype.name, *_LIKELY))
    depths = {name: divmod(size, height * width * np.dtype(name).itemsize) for name in likely}
    return [
        f"shape=({depth}, {height}, {width}) dtype={name}"
        for name, (depth, rest) in depths.items()
        if depth and not rest
    ]


def fitting_sizes(size: int, shape: Shape, dtype: str) -> list[tuple[Shape, str]]:
    """Return shapes (z, y, x) and dtypes that fill `size` bytes, the nearest to those given first.

    One side differs from `shape`, or all three are equal; sides below 2 are not kept. Where fewer
    than two sides are larger, there are square slices too, of that side or of a common camera's.

    Examples
    --------
    >>> fitting_sizes(300, (2, 10, 10), "uint16")
    [((3, 10, 10), 'uint8'), ((2, 15, 10), 'uint8'), ((2, 10, 15), 'uint8')]
    >>> fitting_sizes(300, (1, 10, 1), "uint8")
    [((3, 10, 10), 'uint8')]
    """
    found: dict[tuple[Shape, str], None] = {}
    for name in dict.fromkeys((dtype, *_LIKELY)):
        voxels, rest = divmod(size, np.dtype(name).itemsize)
        if not rest:
            fits = *_near(voxels, shape), *_cube(voxels), *_squares(voxels, shape)
            found.update({(fit, name): None for fit in fits})
    return list(found)


def _near(voxels: int, shape: Shape) -> Iterator[Shape]:
    for side in range(3):
        kept = [extent for number, extent in enumerate(shape) if number != side]
        fill, rest = divmod(voxels, prod(kept))
        if fill and not rest and min(kept) > 1:
            kept.insert(side, fill)
            yield kept[0], kept[1], kept[2]


def _cube(voxels: int) -> Iterator[Shape]:
    side = round(voxels ** (1 / 3))
    if side**3 == voxels:
        yield side, side, side


def _squares(voxels: int, shape: Shape) -> Iterator[Shape]:
    """Yield square slices with the only side that is known, or with the usual ones."""
    known = [extent for extent in shape if extent > 1]
    if len(known) > 1:
        return
    for side in known or _CAMERAS:
        depth, rest = divmod(voxels, side**2)
        if depth and not rest:
            yield depth, side, side
    if (side := isqrt(voxels)) ** 2 == voxels:
        yield 1, side, side


def _zyx(x: str, y: str, z: str | None) -> Shape:
    return int(z or 1), int(y), int(x)


def _given_shape(path: Path, shape: tuple[int, ...] | None) -> Shape | None:
    if shape is None:
        return None
    sides = tuple(int(side) for side in shape)
    if len(sides) not in (2, 3) or min(sides) < 1:
        cause = f"cannot have the shape {sides}"
        raise cannot_read(path, cause, "pass shape=(z, y, x), each 1 or more")
    depth, height, width = sides if len(sides) == 3 else (1, *sides)
    return depth, height, width


def _given_dtype(path: Path, dtype: Any) -> tuple[str, ...]:
    if dtype is None:
        return ()
    try:
        given = np.dtype(dtype)
    except TypeError as error:
        remedy = "pass one such as 'uint16' or '>u2' (big-endian)"
        raise cannot_read(path, f"cannot be read as dtype {dtype!r}", remedy) from error
    check_dtype(path, given)
    return (given.str,)


def _ambiguous(size: int, shape: Shape, dtypes: tuple[str, ...]) -> tuple[str, str]:
    bytes_a_voxel = size / prod(shape)
    choices = dtypes or _OF_BYTES.get(int(bytes_a_voxel) if bytes_a_voxel % 1 == 0 else 0, ())
    said = "several types are possible" if dtypes else "says no type like 16bits in its name"
    if choices:
        return said, f"pass dtype={' or '.join(map(repr, choices))}"
    cause = f"has {size:,} bytes, which no type fills for shape {shape}"
    return cause, "pass shape=(z, y, x) and dtype="


def _misfit(size: int, shape: Shape, dtype: np.dtype[Any]) -> tuple[str, str]:
    expected = prod(shape) * dtype.itemsize
    cause = f"has {size:,} bytes, but shape {shape} of {dtype.name} needs {expected:,}"
    fits = fitting(size, shape, dtype)
    if fits:
        return cause, f"these would fit: {', '.join(fits)}"
    return cause, "no near shape fits: check it for a header, or copy it again"


def _cubes(size: int, dtypes: tuple[str, ...]) -> str:
    sizes = {name: size // np.dtype(name).itemsize for name in dtypes or _LIKELY}
    fits = [
        f"shape={cube} dtype={name}"
        for name, voxels in sizes.items()
        for cube in _cube(voxels)
        if voxels * np.dtype(name).itemsize == size
    ]
    return f"; these would fit: {', '.join(fits)}" if fits else ""
