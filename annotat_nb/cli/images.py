"""What commands that read images have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotat_nb import io

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.volume import Volume

INTERRUPTED = 130
_KEYWORD = re.compile(r"\b(dataset|shape|dtype|time|channel|rgb)= ?")

Shape = Annotated[str, typer.Option(help="Size of a RAW image as z,y,x; default: from its name.")]
Dtype = Annotated[str, typer.Option(help="Type of a RAW image, such as uint16.")]
Dataset = Annotated[str | None, typer.Option(help="Which image of a file that holds several.")]
Time = Annotated[int | None, typer.Option(help="Time point, from 0.")]
Channel = Annotated[int | None, typer.Option(help="Channel, from 0.")]
Rgb = Annotated[str | None, typer.Option(help="Of colours: luminance, or a channel from 0.")]


def how_to_read(
    shape: str,
    dtype: str,
    dataset: str | None,
    time: int | None,
    channel: int | None,
    rgb: str | None,
) -> dict[str, Any]:
    """Return the keywords of `annotat_nb.read` that the options say."""
    how = _raw_options(shape, dtype) | {"dataset": dataset, "time": time, "channel": channel}
    how["rgb"] = int(rgb) if rgb is not None and rgb.isdecimal() else rgb
    return how


def read_image(image: Path, how: dict[str, Any]) -> Volume:
    """Open an image; what goes wrong speaks of options, as a shell has them."""
    try:
        return io.read(image, **how)
    except io.ReadError as error:
        raise ValueError(_as_options(str(error))) from error


def _as_options(sentence: str) -> str:
    """Say the keywords of `annotat_nb.read` as they are said in a shell."""
    name, colon, rest = sentence.partition(": ")
    return name + colon + _KEYWORD.sub(r"--\1 ", rest)


def _raw_options(shape: str, dtype: str) -> dict[str, Any]:
    options: dict[str, Any] = {"dtype": dtype} if dtype else {}
    if shape:
        try:
            options["shape"] = tuple(int(side) for side in shape.split(","))
        except ValueError:
            message = f"--shape is z,y,x such as 151,1024,1024, got {shape!r}"
            raise typer.BadParameter(message) from None
    return options


def sentence_of(error: Exception) -> str:
    """Say what went wrong on one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
