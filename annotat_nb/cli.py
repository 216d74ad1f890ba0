"""The command line: annotat-nb lab, annotat-nb segment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from annotat_nb import io
from annotat_nb.classify import Pipeline
from annotat_nb.jobs import Cancelled
from annotat_nb.session import Session

if TYPE_CHECKING:
    from annotat_nb.volume import Volume

TUTORIAL = "01_first_segmentation.ipynb"
INTERRUPTED = 130
_KEYWORD = re.compile(r"\b(dataset|shape|dtype|time|channel|rgb)= ?")

app = typer.Typer(
    help="Annotate and segment 3D images in Jupyter.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def lab(
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open a browser window.")
    ] = True,
    port: Annotated[int, typer.Option(help="Port to listen on, on this computer only.")] = 8888,
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder for notebooks and workspaces; default: a scratch folder."),
    ] = None,
) -> None:
    """Open JupyterLab on the tutorial, with a real volume to try."""
    root = folder or Path(tempfile.mkdtemp(prefix="annotat_nb-"))
    root.mkdir(parents=True, exist_ok=True)
    copy_notebooks(root)
    typer.echo(f"Notebooks and workspaces are in {root}")
    raise typer.Exit(subprocess.run(lab_command(root, port, browser), check=False).returncode)


def copy_notebooks(root: Path) -> None:
    """Copy the tutorial notebooks into `root`, except those that are there already."""
    for notebook in sorted(notebook_folder().glob("*.ipynb")):
        if not (root / notebook.name).exists():
            shutil.copyfile(notebook, root / notebook.name)


def notebook_folder() -> Path:
    """Return where the tutorial notebooks are: in the wheel, or in a checkout."""
    installed = Path(str(files("annotat_nb") / "notebooks"))
    return installed if installed.is_dir() else installed.parents[1] / "notebooks"


def lab_command(root: Path, port: int, browser: bool) -> list[str]:
    """Return the command that opens JupyterLab in `root` on the tutorial."""
    options = [
        f"--ServerApp.root_dir={root}",
        f"--ServerApp.port={port}",
        f"--LabApp.default_url=/lab/tree/{TUTORIAL}",
    ]
    if not browser:
        options.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return [sys.executable, "-m", "jupyterlab", *options]


@app.command()
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
    shape: Annotated[
        str, typer.Option(help="Size of a RAW image as z,y,x; default: from its name.")
    ] = "",
    dtype: Annotated[str, typer.Option(help="Type of a RAW image, such as uint16.")] = "",
    dataset: Annotated[
        str | None, typer.Option(help="Which image of a file that holds several.")
    ] = None,
    time: Annotated[int | None, typer.Option(help="Time point, from 0.")] = None,
    channel: Annotated[int | None, typer.Option(help="Channel, from 0.")] = None,
    rgb: Annotated[
        str | None, typer.Option(help="Of colours: luminance, or a channel from 0.")
    ] = None,
    markers_dataset: Annotated[
        str | None, typer.Option(help="Which image of a file of markers that holds several.")
    ] = None,
) -> None:
    """Segment an image by markers that were painted before, as Apply does."""
    how = _raw_options(shape, dtype) | {"dataset": dataset, "time": time, "channel": channel}
    how["rgb"] = int(rgb) if rgb is not None and rgb.isdecimal() else rgb
    try:
        opened = _read_image(image, how)
        written = _segment(opened, markers, markers_dataset, output, pipeline)
    except (KeyboardInterrupt, Cancelled):
        typer.echo("Cancelled: nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, OSError) as error:
        typer.echo(_sentence(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(written)


def _read_image(image: Path, how: dict[str, Any]) -> Volume:
    try:
        return io.read(image, **how)
    except io.ReadError as error:
        raise ValueError(_as_options(str(error))) from error


def _as_options(sentence: str) -> str:
    """Say the keywords of `annotat_nb.read` as they are said in a shell."""
    name, colon, rest = sentence.partition(": ")
    return name + colon + _KEYWORD.sub(r"--\1 ", rest)


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
            "write one with Pipeline(...).model_dump_json()"
        ) from error


def _raw_options(shape: str, dtype: str) -> dict[str, Any]:
    options: dict[str, Any] = {"dtype": dtype} if dtype else {}
    if shape:
        try:
            options["shape"] = tuple(int(side) for side in shape.split(","))
        except ValueError:
            message = f"--shape is z,y,x such as 151,1024,1024, got {shape!r}"
            raise typer.BadParameter(message) from None
    return options


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)
