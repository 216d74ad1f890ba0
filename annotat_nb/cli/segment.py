"""annotat-nb segment: an image and markers become a label."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from annotat_nb import io
from annotat_nb.classify import Pipeline
from annotat_nb.cli.images import (
    INTERRUPTED,
    Channel,
    Dataset,
    Dtype,
    Rgb,
    Shape,
    Time,
    how_to_read,
    read_image,
    sentence_of,
)
from annotat_nb.cli.own_code import NAME_IT, OwnCode, run_own
from annotat_nb.jobs import Cancelled
from annotat_nb.session import Session

if TYPE_CHECKING:
    from annotat_nb.volume import Volume


def segment(
    image: Annotated[Path, typer.Argument(help="Image to segment: a file, or a folder of slices.")],
    markers: Annotated[
        Path,
        typer.Option(help="Classes of the marked voxels; -1 where nothing is marked."),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", help="Label to write: .tif, .h5, .zarr, .nii, .nii.gz or .raw."
        ),
    ],
    pipeline: Annotated[
        Path | None, typer.Option(help="JSON file of a Pipeline; default: the default pipeline.")
    ] = None,
    shape: Shape = "",
    dtype: Dtype = "",
    dataset: Dataset = None,
    time: Time = None,
    channel: Channel = None,
    rgb: Rgb = None,
    markers_dataset: Annotated[
        str | None, typer.Option(help="Which image of a file of markers that holds several.")
    ] = None,
    own: OwnCode = None,
) -> None:
    """Segment an image by markers that were painted before, as Apply does."""
    how = how_to_read(shape, dtype, dataset, time, channel, rgb)
    try:
        run_own(own)
        opened = read_image(image, how)
        written = _segment(opened, markers, markers_dataset, output, pipeline)
    except (KeyboardInterrupt, Cancelled):
        typer.echo("Cancelled: nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, OSError) as error:
        typer.echo(sentence_of(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(written)


def _segment(
    image: Volume, markers: Path, dataset: str | None, output: Path, pipeline: Path | None
) -> Path:
    if output.resolve() == markers.resolve():
        raise ValueError(f"{output.name}: holds the markers; choose another name for the label")
    with Session(image) as session:
        _load_markers(session, markers, dataset)
        if pipeline is not None:
            session.pipeline = _read_pipeline(pipeline)
        if session.pipeline.superpixels is not None:
            session.generate_superpixels()
        session.apply()
        return session.save_label(output)


def _load_markers(session: Session, markers: Path, dataset: str | None) -> None:
    try:
        session.load_annotation(markers, dataset=dataset)
    except io.ChoiceNeeded as choice:
        if choice.keyword == "dataset":
            raise ValueError(str(choice).replace("dataset=", "--markers-dataset ")) from choice
        raise ValueError(
            f"{markers.name}: is no single 3D image; save the markers alone, as int16"
        ) from choice


def _read_pipeline(path: Path) -> Pipeline:
    try:
        return Pipeline.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"{path.name}: is no pipeline ({place or 'file'}: {first['msg']}); "
            f"write one with Pipeline(...).model_dump_json(), and {NAME_IT} if they are your own"
        ) from error
