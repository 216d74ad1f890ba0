"""annotat-nb lab: JupyterLab on the tutorial."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

TUTORIAL = "01_first_segmentation.ipynb"


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
