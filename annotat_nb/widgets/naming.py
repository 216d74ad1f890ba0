"""What an image is called: its file, and which of the file's images was chosen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotat_nb.io.reader import suffix_of
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.volume import Volume

UID_ENDING = 8
"""Last digits of the identifier of a DICOM series, which tell it from its neighbours."""
LONGEST = 40


def chosen_of(how: dict[str, Any]) -> tuple[str, ...]:
    """Say in words which image of a file the keywords of `annotat_nb.read` chose.

    Examples
    --------
    >>> chosen_of({"dataset": "entry/data", "time": 3, "voxel_size": (2, 1, 1)})
    ('entry/data', 'time 3')
    >>> chosen_of({"rgb": "luminance"}), chosen_of({"rgb": 0}), chosen_of({"dataset": "0"})
    (('luminance',), ('colour channel 0',), ('dataset 0',))
    """
    words: dict[str, Callable[[Any], str]] = {
        "dataset": _dataset,
        "time": lambda time: f"time {time}",
        "channel": lambda channel: f"channel {channel}",
        "rgb": lambda rgb: rgb if rgb == "luminance" else f"colour channel {rgb}",
    }
    return tuple(say(how[name]) for name, say in words.items() if name in how)


def title_of(volume: Volume) -> str:
    """Return the name of an image, and what of its file was chosen.

    Examples
    --------
    >>> import annotat_nb as an
    >>> title_of(an.Volume([[1, 2]], name="cells.ome.tif", how={"channel": 1}))
    'cells.ome.tif › channel 1'
    """
    return " › ".join(map(inert, (volume.name or "unnamed", *chosen_of(volume.how))))


def stem_of(volume: Volume) -> str:
    """Return a name for files that come from an image, without ending.

    Examples
    --------
    >>> import annotat_nb as an
    >>> stem_of(an.Volume([[1, 2]], name="beam.h5", how={"dataset": "entry/data", "time": 0}))
    'beam_data_time0'
    """
    return "_".join([without_suffix(volume.name) or "image", *chosen_in_names(volume.how)])


def chosen_in_names(how: dict[str, Any]) -> list[str]:
    r"""Return the last word of each choice, fit for the name of a file; empty ones are left out.

    Examples
    --------
    >>> chosen_in_names({"dataset": "/a/../\n.. x?", "channel": 2})
    ['x', 'channel2']
    """
    words = (word.replace(" ", "").rpartition("/")[2] for word in chosen_of(how))
    safe = (re.sub(r"[^\w.-]+", "_", word)[:LONGEST].strip("._-") for word in words)
    return [word for word in safe if word]


def without_suffix(name: str) -> str:
    """Return the name of an image without the ending that tells its kind.

    Examples
    --------
    >>> without_suffix("femur.tif"), without_suffix("day 3.5")
    ('femur', 'day 3.5')
    """
    return name[: len(name) - len(suffix_of(Path(name)))]


def _dataset(name: str) -> str:
    if re.fullmatch(r"[\d.]{20,}", name):
        return f"series …{name[-UID_ENDING:]}"
    return f"dataset {name}" if name.isdigit() else name
