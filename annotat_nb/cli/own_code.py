"""Code of a user's own that a command runs first: the only files that the package ever runs."""

from __future__ import annotations

import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Annotated

import typer

OwnCode = Annotated[
    list[Path] | None,
    typer.Option(
        "--import",
        metavar="FILE.py",
        exists=True,
        dir_okay=False,
        help="Python file that defines features of your own, to be run first. It may do whatever "
        "you may: name only files that you wrote or trust. Can be given several times.",
    ),
]
NAME_IT = "name the file that defines its features with --import FILE.py"
"""What to do about a feature that is not known."""


def run_own(files: list[Path] | None) -> None:
    """Run the Python files that a user named.

    Raises
    ------
    ValueError
        If one is no Python file, or fails; the message says in which line.
    """
    for number, file in enumerate(files or []):
        _run(file, f"annotat_nb_own_{number}")


def _run(file: Path, name: str) -> None:
    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file.name}: is no Python file: its name must end in .py")
    module = module_from_spec(spec)
    sys.modules[name] = module  # what it defines is known as long as somebody holds it
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise ValueError(
            f"{file.name}: fails in line {_line(error, spec.origin)} ({said})"
        ) from error


def _line(error: Exception, path: str | None) -> int:
    """Return the line of the file at `path` in which it failed."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno or 1
    calls = traceback.extract_tb(error.__traceback__)
    return next((call.lineno or 1 for call in reversed(calls) if call.filename == path), 1)
