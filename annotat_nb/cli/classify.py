"""annotat-nb classify: many images are segmented by one classifier."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from annotat_nb import io
from annotat_nb.classify import load_classifier
from annotat_nb.classify.saved import DEFINE_FIRST
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
from annotat_nb.features import device_of
from annotat_nb.io.reader import suffix_of
from annotat_nb.jobs import Cancelled, ThreadRunner, wait_with_bar
from annotat_nb.store.spare import spare_room
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.classify import TrainedClassifier
    from annotat_nb.jobs import Job
    from annotat_nb.superpixels.method import Notify

FORMATS = tuple(io.WRITERS)


def _format(ending: str) -> str:
    """Return the ending with its dot, if labels can be written so."""
    ending = ending if ending.startswith(".") else f".{ending}"
    if ending not in FORMATS:
        raise typer.BadParameter(f"must be one of {', '.join(FORMATS)}, got {ending!r}")
    return ending


def classify(
    classifier: Annotated[
        Path, typer.Argument(help="What Classification › Save classifier… wrote.")
    ],
    images: Annotated[
        list[Path], typer.Argument(help="Images to classify: files, or folders of slices.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for the labels; made if missing.")
    ],
    ending: Annotated[
        str,
        typer.Option("--format", callback=_format, help=f"Of the labels: {' '.join(FORMATS)}"),
    ] = ".tif",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace labels that are there already.")
    ] = False,
    probabilities: Annotated[
        bool,
        typer.Option(
            "--probabilities", help="Write the probability of each class, too: one channel each."
        ),
    ] = False,
    device: Annotated[
        str, typer.Option(help="Where to compute: auto, cpu, or a graphics card such as cuda:0.")
    ] = "auto",
    shape: Shape = "",
    dtype: Dtype = "",
    dataset: Dataset = None,
    time: Time = None,
    channel: Channel = None,
    rgb: Rgb = None,
    own: OwnCode = None,
) -> None:
    """Segment images with a classifier that was saved in the Annotator or by a session.

    Each label is named after its image. An image that fails is told of, and the next ones are
    classified all the same; the exit code is then 1.
    """
    how = how_to_read(shape, dtype, dataset, time, channel, rgb)
    try:
        device_of(device)  # says so at once if it is not there
        run_own(own)
        options = Options(output, ending, overwrite, probabilities, device, how)
        trained = load_classifier(classifier)
        batch = Batch(trained, images, options)
        output.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        typer.echo(sentence_of(error).replace(DEFINE_FIRST, NAME_IT), err=True)
        raise typer.Exit(1) from None
    if trained.confinement:
        typer.echo(f"{io.name_of(classifier)}: {trained.confinement}", err=True)
    try:
        failed = sum([not batch.try_one(number) for number in range(len(images))])
    except (KeyboardInterrupt, Cancelled):
        typer.echo("Cancelled: the labels named above were written, no others", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if failed:
        typer.echo(f"{failed} of {len(images)} images could not be classified", err=True)
        raise typer.Exit(1)


@dataclass(frozen=True)
class Options:
    """How to read and write."""

    output: Path
    ending: str
    overwrite: bool
    probabilities: bool
    device: str
    how: dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """Images to be classified one after the other."""

    classifier: TrainedClassifier
    images: Sequence[Path]
    options: Options
    runner: ThreadRunner = field(default_factory=ThreadRunner)

    def try_one(self, number: int) -> bool:
        """Classify one of the images, say what became of it, and tell whether it went well."""
        image = self.images[number]
        try:
            typer.echo(self._classify(image, number))
        except (KeyboardInterrupt, Cancelled):
            raise
        except Exception as error:  # noqa: BLE001 - it must not cost the images after it
            sentence = sentence_of(error)
            name = io.name_of(image)
            typer.echo(sentence if sentence.startswith(name) else f"{name}: {sentence}", err=True)
            return False
        return True

    def _classify(self, image: Path, number: int) -> Path:
        target = self._target(image)
        self._refuse_twice(target, number)
        volume = read_image(image, self.options.how)
        shares = self._shares(image)
        label = io.label_path(target, volume.shape, self.classifier.label_type)
        for path in filter(None, [label, shares]):
            self._refuse_harm(path, volume)
        if (caution := self.classifier.caution_about(volume)) is not None:
            typer.echo(f"{io.name_of(image)}: {caution}", err=True)
        name = f"{io.name_of(image)} ({number + 1} of {len(self.images)})"
        told: list[str] = []
        written = self._save_label(name, volume, (target, shares), told.append)
        for sentence in told:  # not before the progress bar is gone
            typer.echo(f"{io.name_of(image)}: {sentence}", err=True)
        return written

    def _save_label(
        self, name: str, volume: Volume, targets: tuple[Path, Path | None], notify: Notify
    ) -> Path:
        """Write the label and the probabilities of an image, and show how far `name` is."""
        target, shares = targets

        def work(job: Job) -> Path:
            def report(step: str, share: float) -> None:
                job.report(f"{name}: {step}", share)

            with spare_room(self.options.output) as room:
                return self.classifier.save_label(
                    volume,
                    target,
                    probabilities=shares,
                    progress=report,
                    device=self.options.device,
                    room=room,
                    notify=notify,
                )

        written: Path = wait_with_bar(self.runner.submit(name, work))
        return written

    def _stem(self, image: Path) -> str:
        name = image.name or image.resolve().name
        return name[: len(name) - len(suffix_of(Path(name)))].strip("*?. ") or "image"

    def _target(self, image: Path) -> Path:
        return self.options.output / f"{self._stem(image)}_labels{self.options.ending}"

    def _shares(self, image: Path) -> Path | None:
        if not self.options.probabilities:
            return None
        return self.options.output / f"{self._stem(image)}_probabilities.tif"

    def _refuse_twice(self, target: Path, number: int) -> None:
        for former in self.images[:number]:
            if self._target(former) == target:
                raise ValueError(
                    f"its label would have the same name as that of {former}; classify it into "
                    "another folder"
                )

    def _refuse_harm(self, target: Path, volume: Volume) -> None:
        """Refuse to write over any of the images, or over what is there."""
        final = target.resolve()
        others = (Volume(np.zeros((1, 1, 1)), source=path.absolute()) for path in self.images)
        for image in (volume, *others):
            if (why := io.harm_of_writing(final, image)) is not None:
                raise io.WriteError(f"{io.name_of(final)}: {why}")
        if final.exists() and not self.options.overwrite:
            raise io.WriteError(
                f"{io.name_of(final)}: exists already; pass --overwrite to replace it, or choose "
                "another folder"
            )
