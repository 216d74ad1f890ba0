"""The command line: annotat-nb lab, annotat-nb segment, annotat-nb classify."""

import typer

from annotat_nb.cli import classify, lab, segment

__all__ = ["app"]

app = typer.Typer(
    help="Annotate and segment 3D images in Jupyter.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (lab.lab, segment.segment, classify.classify):
    app.command()(command)
