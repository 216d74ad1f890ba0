"""Many images, one classifier, from a shell."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

import annotat_nb as an
from annotat_nb import cli
from annotat_nb.store.stored import StoredArray

FAST = an.Pipeline(
    superpixels=an.Waterpixels(seed_spacing=5),
    selection=None,
    classifier=an.RandomForest(n_estimators=20),
)


def run(*arguments):
    return CliRunner().invoke(cli.app, ["classify", *map(str, arguments)])


def image_of(seed):
    image = np.random.default_rng(seed).integers(0, 90, (3, 30, 40 + seed)).astype("uint8")
    image[:, 8:20, 10 + seed : 30] += 120
    return image


def write(path, image):
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(path, image, photometric="minisblack")
    return path


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    with an.Session(an.Volume(image_of(0))) as session:
        session.classes.add("block")
        session.paint([(14, 14), (14, 26)], index=1, label=1, radius=2)
        session.paint([(3, 3), (3, 36)], index=1, label=0, radius=2)
        session.pipeline = FAST
        session.generate_superpixels()
        session.apply()
        return session.save_classifier(tmp_path_factory.mktemp("learnt") / "block.classifier")


@pytest.fixture
def images(tmp_path):
    return [write(tmp_path / f"scan{seed}.tif", image_of(seed)) for seed in (1, 2)]


def label_by_session(classifier, image, path):
    with an.Session(an.read(image)) as session:
        session.load_classifier(classifier)
        session.generate_superpixels()
        session.apply()
        return session.save_label(path)


def test_each_image_gets_the_label_that_a_session_would_give_it(classifier, images, tmp_path):
    done = run(classifier, *images, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    labels = [tmp_path / "out" / f"scan{seed}_labels.tif" for seed in (1, 2)]
    assert done.stdout.splitlines() == [str(path) for path in labels]
    for image, label in zip(images, labels, strict=True):
        expected = label_by_session(classifier, image, tmp_path / "expected.tif")
        np.testing.assert_array_equal(tifffile.imread(label), tifffile.imread(expected))
        with an.Session(an.read(image)) as session:
            session.load_label(label)
            assert [item.name for item in session.classes] == ["Background", "block"]


@pytest.mark.parametrize("ending", [".h5", "raw", ".zarr", ".nii.gz"])
def test_the_format_of_the_labels_is_an_option(classifier, images, tmp_path, ending):
    done = run(classifier, images[0], "-o", tmp_path / "out", "--format", ending)
    assert done.exit_code == 0, done.output
    (written,) = [path for path in (tmp_path / "out").iterdir() if path.suffix != ".json"]
    assert written.name.endswith(ending)
    assert written.name.startswith("scan1_labels")
    with an.Session(an.read(images[0])) as session:
        session.load_label(written)
        assert set(np.unique(session.segmentation.data)) == {0, 1}


def test_probabilities_are_written_for_each_class(classifier, images, tmp_path):
    done = run(classifier, images[0], "-o", tmp_path / "out", "--probabilities")
    assert done.exit_code == 0, done.output
    path = tmp_path / "out" / "scan1_probabilities.tif"
    shares = np.stack([an.read(path, channel=n).data[:] for n in range(2)])
    label = tifffile.imread(tmp_path / "out" / "scan1_labels.tif")
    np.testing.assert_array_equal(shares.argmax(axis=0), label)
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-5)
    with pytest.raises(an.ReadError, match="channel") as choice:
        an.read(path)
    assert [one.label for one in choice.value.candidates] == ["0: Background", "1: block"]
    done = run(classifier, images[0], "-o", tmp_path / "out", "--probabilities", "--format", "h5")
    assert "scan1_probabilities.tif: exists already" in done.stderr


def test_what_does_not_fit_into_memory_goes_through_the_disk(
    classifier, images, tmp_path, monkeypatch
):
    made = []
    create = StoredArray.create

    def noting(folder, *arguments):
        made.append(folder)
        return create(folder, *arguments)

    assert run(classifier, images[0], "-o", tmp_path / "memory").exit_code == 0
    monkeypatch.setattr("annotat_nb.room.available_memory", lambda: 0)
    monkeypatch.setattr(StoredArray, "create", noting)
    done = run(classifier, images[0], "-o", tmp_path / "disk")
    assert done.exit_code == 0, done.output
    assert made
    found, expected = (
        tifffile.imread(tmp_path / name / "scan1_labels.tif") for name in ("disk", "memory")
    )
    np.testing.assert_array_equal(found, expected)
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["scan1_labels.tif"]


def test_a_graphics_card_that_is_full_is_said_with_the_name_of_the_image(
    classifier, images, tmp_path, card
):
    card.room = 0
    done = run(classifier, *images, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    full = "The graphics card ran out of memory, so the processor"
    assert done.stderr.splitlines() == [
        f"{image.name}: {full} {what}"
        for image in images
        for what in ("made the superpixels", "computed the rest")
    ]


def test_a_device_that_is_not_there_is_said(classifier, images, tmp_path):
    done = run(classifier, images[0], "-o", tmp_path / "out", "--device", "cuda:77")
    assert done.exit_code == 1
    assert done.stderr.startswith("device 'cuda:77' is not there")
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_format_is_a_usage_error(classifier, images, tmp_path):
    done = run(classifier, images[0], "-o", tmp_path / "out", "--format", "png")
    assert done.exit_code == 2
    assert "must be one of .tif" in done.stderr
    assert not (tmp_path / "out").exists()


def test_one_that_fails_does_not_stop_the_others(classifier, images, tmp_path):
    bad = tmp_path / "bad.tif"
    bad.write_bytes(b"II*\0nonsense")
    done = run(classifier, bad, images[0], tmp_path / "gone.tif", images[1], "-o", tmp_path)
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 2
    sentences = done.stderr.splitlines()
    assert sentences[0].startswith("bad.tif: ")
    assert sentences[1].startswith("gone.tif: does not exist")
    assert sentences[2] == "2 of 4 images could not be classified"
    assert (tmp_path / "scan2_labels.tif").exists()


def test_whatever_one_image_breaks_is_a_sentence(classifier, images, tmp_path, monkeypatch):
    from annotat_nb.classify import TrainedClassifier

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(TrainedClassifier, "segment", broken)
    done = run(classifier, *images, "-o", tmp_path)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[:2] == [
        "scan1.tif: ZeroDivisionError",
        "scan2.tif: ZeroDivisionError",
    ]


def test_a_label_that_is_there_is_kept_unless_asked_otherwise(classifier, images, tmp_path):
    there = tmp_path / "scan1_labels.tif"
    there.write_bytes(b"corrected by hand")
    done = run(classifier, images[0], "-o", tmp_path)
    assert done.exit_code == 1
    assert "scan1_labels.tif: exists already; pass --overwrite" in done.stderr
    assert there.read_bytes() == b"corrected by hand"
    done = run(classifier, images[0], "-o", tmp_path, "--overwrite")
    assert done.exit_code == 0, done.output
    assert tifffile.imread(there).shape == image_of(1).shape


def test_an_input_is_never_written_over(classifier, images, tmp_path):
    trap = write(tmp_path / "scan1_labels.tif", image_of(3))
    before = trap.read_bytes()
    done = run(classifier, images[0], trap, "-o", tmp_path, "--overwrite")
    assert done.exit_code == 1
    assert "scan1.tif: scan1_labels.tif: is the image itself" in done.stderr
    assert trap.read_bytes() == before


def test_no_label_becomes_a_slice_of_an_input(classifier, images, tmp_path):
    folder = tmp_path / "slices"
    for z, plane in enumerate(image_of(0)):
        write(folder / f"{z}.tif", plane)
    done = run(classifier, images[0], folder, "-o", folder)
    assert done.exit_code == 1
    assert done.stderr.count("lies in the folder slices, which is the image") == 2
    done = run(classifier, folder, "-o", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "slices_labels.tif").exists()


def test_two_images_of_one_name_get_no_common_label(classifier, tmp_path):
    twins = [write(tmp_path / name / "scan.tif", image_of(0)) for name in "ab"]
    done = run(classifier, *twins, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 1
    assert "scan.tif: its label would have the same name as that of" in done.stderr


def test_a_choice_is_made_for_all_images(classifier, tmp_path):
    import h5py

    paths = [tmp_path / f"{name}.h5" for name in "ab"]
    for seed, path in enumerate(paths):
        with h5py.File(path, "w") as file:
            file["other"], file["scan"] = np.zeros((2, 9, 9)), image_of(seed)
    done = run(classifier, *paths, "-o", tmp_path, "--dataset", "scan")
    assert done.exit_code == 0, done.output
    assert tifffile.imread(tmp_path / "b_labels.tif").shape == image_of(1).shape


def test_an_image_much_brighter_is_warned_of_and_classified(classifier, tmp_path):
    bright = write(tmp_path / "bright.tif", image_of(0).astype("uint16") * 200)
    done = run(classifier, bright, "-o", tmp_path)
    assert done.exit_code == 0
    assert "bright.tif: The classifier learnt from values of about" in done.stderr


@pytest.mark.parametrize("name", ["missing.classifier", "scan1.tif"])
def test_what_is_no_classifier_is_one_sentence(images, tmp_path, name):
    done = run(tmp_path / name, *images, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{name}: ")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_one_sentence(classifier, images):
    done = run(classifier, images[0], "-o", images[1])
    assert done.exit_code == 1
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupt_ends_it_with_the_code_of_one(classifier, tmp_path):
    large = np.random.default_rng(0).integers(0, 255, (60, 700, 700)).astype("uint8")
    paths = [write(tmp_path / f"{n}.tif", large) for n in range(2)]
    command = [sys.executable, "-c", "from annotat_nb.cli import app; app()"]
    command += ["classify", classifier, *paths, "-o", tmp_path / "out"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=dict(os.environ), **pipes) as process:
        while not (tmp_path / "out").exists():
            time.sleep(0.02)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "Cancelled" in told[1]
    assert not list((tmp_path / "out").iterdir())
