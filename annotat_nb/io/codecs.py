"""Unpacking blocks of Zarr and HDF5 arrays, never to more bytes than the block has."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Unpack = Callable[[bytes, Mapping[str, Any], int], bytes]

SLACK = 4096
"""Bytes that checksums and headers may add to a block."""


def unpack(name: str, config: Mapping[str, Any], data: bytes, limit: int) -> bytes:
    r"""Undo the codec `name` (of Zarr v2 or v3) on `data`.

    Parameters
    ----------
    name
        One of `CODECS`.
    config
        The codec's parameters, out of the metadata.
    data
        What is stored.
    limit
        Most bytes that may come out.

    Raises
    ------
    ValueError
        If more would come out, or the data are damaged.

    Examples
    --------
    >>> unpack("zlib", {}, zlib.compress(bytes(3)), 3)
    b'\x00\x00\x00'
    """
    try:
        found = CODECS[name](data, config, limit)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, struct.error) as error:
        raise ValueError(f"{name} data are damaged ({error})") from error
    return _at_most(found, limit)


def _at_most(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise ValueError(f"more than the {limit:,} bytes of a block are packed in it")
    return data


def _zlib(data: bytes, _: Mapping[str, Any], limit: int) -> bytes:
    """Inflate zlib or gzip data, as their first bytes say."""
    inflater = zlib.decompressobj(wbits=47)
    whole = inflater.decompress(data, limit + 1)
    if not inflater.eof and len(whole) <= limit:
        raise EOFError("they end too early")
    return whole


def _bz2(data: bytes, _: Mapping[str, Any], limit: int) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, limit + 1)


def _lzma(data: bytes, _: Mapping[str, Any], limit: int) -> bytes:
    return lzma.LZMADecompressor(memlimit=2**28).decompress(data, limit + 1)


def _zstd(data: bytes, _: Mapping[str, Any], limit: int) -> bytes:
    import imagecodecs

    # Without `out` the library allocates whatever the data claim.
    return bytes(imagecodecs.zstd_decode(data, out=limit))


def _blosc(data: bytes, _: Mapping[str, Any], limit: int) -> bytes:
    from numcodecs import blosc

    claimed, _block, packed = struct.unpack_from("<III", data, 4)
    _check_claim(claimed, limit)
    if packed != len(data):  # the library would read beyond the end
        raise ValueError(f"blosc data have {len(data):,} bytes, expected {packed:,}")
    return bytes(blosc.decompress(data))


def _lz4(data: bytes, _: Mapping[str, Any], limit: int) -> bytes:
    from numcodecs import lz4

    (claimed,) = struct.unpack_from("<I", data, 0)
    _check_claim(claimed, limit)
    return bytes(lz4.decompress(data))


def _check_claim(claimed: int, limit: int) -> None:
    if claimed > limit:
        raise ValueError(f"claims {claimed:,} bytes where a block has at most {limit:,}")


def _crc32c(data: bytes, _: Mapping[str, Any], __: int) -> bytes:
    from numcodecs import checksum32

    return bytes(checksum32.CRC32C(location="end").decode(data))


def _fletcher32(data: bytes, _: Mapping[str, Any], __: int) -> bytes:
    from numcodecs import fletcher32

    return bytes(fletcher32.Fletcher32().decode(data))


def _shuffle(data: bytes, config: Mapping[str, Any], _: int) -> bytes:
    """Put the bytes of each value together again; what is left over at the end stays."""
    size = int(config.get("elementsize", 4))
    whole = len(data) - len(data) % size
    together = np.frombuffer(data[:whole], "u1").reshape(size, -1).T
    return together.tobytes() + data[whole:]


CODECS: dict[str, Unpack] = {
    "blosc": _blosc,
    "bz2": _bz2,
    "crc32c": _crc32c,
    "fletcher32": _fletcher32,
    "gzip": _zlib,
    "lz4": _lz4,
    "lzma": _lzma,
    "shuffle": _shuffle,
    "zlib": _zlib,
    "zstd": _zstd,
}
"""What undoes each codec; no other is ever asked to unpack anything."""
