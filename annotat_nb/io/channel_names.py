"""What a file calls its channels, told where one of them is to be chosen."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from annotat_nb.io.errors import Candidate, ChoiceNeeded, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LONGEST = 100


@contextmanager
def naming_channels(names: Callable[[], Sequence[str]]) -> Iterator[None]:
    """Call the candidates by their names wherever a channel is asked for.

    Parameters
    ----------
    names
        Gives the names in the order of the channels, empty where there is none; called only if
        they are needed.
    """
    try:
        yield
    except ChoiceNeeded as choice:
        if choice.keyword != "channel":
            raise
        candidates = named(choice.candidates, names())
        raise ChoiceNeeded(str(choice), choice.keyword, candidates) from choice.__cause__


def named(candidates: Sequence[Candidate], names: Sequence[str]) -> tuple[Candidate, ...]:
    """Label the channels that have a name with their number and that name.

    Examples
    --------
    >>> channels = Candidate(0, "channel 0"), Candidate(1, "channel 1")
    >>> [one.label for one in named(channels, ["DAPI"])]
    ['0: DAPI', 'channel 1']
    """
    known = {at: printable(name.strip())[:LONGEST] for at, name in enumerate(names)}
    return tuple(
        Candidate(one.value, f"{one.value}: {known[one.value]}") if known.get(one.value) else one
        for one in candidates
    )


def ome_channel_names(xml: str, index: int) -> list[str]:
    """Read the names of the channels of image `index` of OME metadata."""
    images = [e for e in ElementTree.fromstring(xml).iter() if e.tag.endswith("}Pixels")]
    inner = images[index] if index < len(images) else ()
    return [one.get("Name", "") for one in inner if one.tag.endswith("}Channel")]
