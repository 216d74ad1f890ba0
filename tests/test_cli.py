import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

import annotat_nb as an
from annotat_nb import cli
from annotat_nb.cli import lab

FAST = an.Pipeline(
    superpixels=an.Waterpixels(seed_spacing=5), classifier=an.RandomForest(n_estimators=20)
)


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture
def files(tmp_path):
    """An image, markers and a pipeline on disk, and the label that a session makes of them."""
    image = np.random.default_rng(0).integers(0, 90, (3, 30, 40)).astype("uint8")
    image[:, 8:20, 10:30] += 120
    paths = {name: tmp_path / f"{name}.tif" for name in ("image", "markers", "labels")}
    tifffile.imwrite(paths["image"], image, photometric="minisblack")
    with an.Session(an.read(paths["image"])) as session:
        session.classes.add("block")
        session.paint([(14, 14), (14, 26)], index=1, label=1, radius=2)
        session.paint([(3, 3), (3, 36)], index=1, label=0, radius=2)
        session.pipeline = FAST
        session.generate_superpixels()
        session.apply()
        markers = np.asarray(session.markers.data)
        expected = session.segmentation.data.copy()
    tifffile.imwrite(paths["markers"], markers, photometric="minisblack")
    paths["pipeline"] = tmp_path / "pipeline.json"
    paths["pipeline"].write_text(FAST.model_dump_json())
    return paths, expected


def test_segment_gives_the_label_that_the_session_gives(files):
    paths, expected = files
    options = ("--markers", paths["markers"], "--pipeline", paths["pipeline"])
    done = run("segment", paths["image"], *options, "-o", paths["labels"])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(paths["labels"])
    np.testing.assert_array_equal(tifffile.imread(paths["labels"]), expected)


def test_a_raw_image_is_described_by_options(files, tmp_path):
    paths, expected = files
    raw = tmp_path / "image.raw"
    raw.write_bytes(tifffile.imread(paths["image"]).tobytes())
    options = ("--markers", paths["markers"], "--pipeline", paths["pipeline"])
    size = ("--shape", "3,30,40", "--dtype", "uint8")
    done = run("segment", raw, *options, *size, "-o", paths["labels"])
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(tifffile.imread(paths["labels"]), expected)


def test_one_of_several_images_is_chosen_by_options(files, tmp_path):
    import h5py

    paths, expected = files
    image = tifffile.imread(paths["image"])
    with h5py.File(tmp_path / "image.h5", "w") as file:
        file["other"] = image[:2]
        file["series"] = np.stack([image[::-1], image])
    options = ("--markers", paths["markers"], "--pipeline", paths["pipeline"])
    choice = ("--dataset", "series", "--time", "1")
    done = run("segment", tmp_path / "image.h5", *options, *choice, "-o", paths["labels"])
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(tifffile.imread(paths["labels"]), expected)


def test_colours_and_markers_of_several_are_chosen_by_options(files, tmp_path):
    import h5py

    paths, expected = files
    image, markers = tifffile.imread(paths["image"]), tifffile.imread(paths["markers"])
    colours = np.stack([image[::-1], image, image // 2], -1)
    tifffile.imwrite(tmp_path / "colour.tif", colours, photometric="rgb")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["mine"], file["yours"] = markers, markers[::-1]
    options = ("--markers", tmp_path / "m.h5", "--pipeline", paths["pipeline"])
    choice = ("--rgb", "1", "--markers-dataset", "mine")
    done = run("segment", tmp_path / "colour.tif", *options, *choice, "-o", paths["labels"])
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(tifffile.imread(paths["labels"]), expected)


@pytest.mark.parametrize(
    ("image", "markers", "words"),
    [
        ("several.h5", "markers.tif", "pass --dataset 'a' or another of these"),
        ("times.tif", "markers.tif", "pass --time 0 … 1 for one of them"),
        ("colour.tif", "markers.tif", "pass --rgb 'luminance' or 0 … 2 (one channel)"),
        ("image.tif", "several.h5", "several.h5: holds 2 images; pass --markers-dataset 'a' or"),
        ("image.tif", "times.tif", "times.tif: is no single 3D image; save the markers alone"),
    ],
)
def test_a_choice_is_asked_for_by_the_name_of_its_option(files, tmp_path, image, markers, words):
    import h5py

    values = np.zeros((2, 3, 30, 40), "uint8")
    with h5py.File(tmp_path / "several.h5", "w") as file:
        file["a"], file["b"] = values
    tifffile.imwrite(tmp_path / "times.tif", values, imagej=True, metadata={"axes": "TZYX"})
    colours = np.zeros((3, 30, 40, 3), "uint8")
    tifffile.imwrite(tmp_path / "colour.tif", colours, photometric="rgb")
    options = ("--markers", tmp_path / markers, "-o", tmp_path / "labels.tif")
    done = run("segment", tmp_path / image, *options)
    assert done.exit_code == 1
    assert words in done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": "missing.tif"}, "missing.tif"),
        ({"markers": "image.tif"}, "image.tif: leaves no voxel unmarked"),
        ({"pipeline": "bad.json"}, "bad.json: is no pipeline"),
        ({"pipeline": "typo.json"}, "did you mean 'radii'"),
        ({"labels": "no/such/folder.tif"}, "folder.tif"),
        ({"labels": "labels.xyz"}, "labels.xyz"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_nothing_is_written(files, tmp_path, change, words):
    paths, _ = files
    (tmp_path / "bad.json").write_text("{")
    typo = {"kind": "Pipeline", "features": [{"kind": "Gaussian", "radius": [2]}]}
    (tmp_path / "typo.json").write_text(json.dumps(typo))
    paths |= {name: tmp_path / value for name, value in change.items()}
    options = ("--markers", paths["markers"], "--pipeline", paths["pipeline"])
    done = run("segment", paths["image"], *options, "-o", paths["labels"])
    assert done.exit_code == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not paths["labels"].exists()


def test_a_bad_shape_is_a_usage_error(files):
    paths, _ = files
    options = ("--markers", paths["markers"], "--shape", "3x4", "-o", paths["labels"])
    assert run("segment", paths["image"], *options).exit_code == 2


def test_lab_opens_the_tutorial_in_a_folder_of_its_own(tmp_path, monkeypatch):
    commands = []

    class Done:
        returncode = 0

    monkeypatch.setattr(
        lab.subprocess, "run", lambda command, check: commands.append(command) or Done
    )
    folder = tmp_path / "work"
    done = run("lab", "--no-browser", "--port", "9999", "--folder", folder)
    assert done.exit_code == 0, done.output
    (command,) = commands
    assert f"--LabApp.default_url=/lab/tree/{lab.TUTORIAL}" in command
    options = {"--no-browser", "--ServerApp.port=9999", f"--ServerApp.root_dir={folder}"}
    assert options <= set(command)
    assert (folder / lab.TUTORIAL).is_file()


def test_lab_keeps_a_notebook_that_was_worked_on(tmp_path):
    (tmp_path / lab.TUTORIAL).write_text("mine")
    lab.copy_notebooks(tmp_path)
    assert (tmp_path / lab.TUTORIAL).read_text() == "mine"


@pytest.mark.parametrize("command", [[], ["lab"], ["segment"], ["classify"]])
def test_every_command_has_help(command):
    done = run(*command, "--help")
    assert done.exit_code == 0
    assert "Usage" in done.stdout


def fetch(url):
    """Read `url`, as soon as the server listens."""
    for attempt in range(100):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.read()
        except urllib.error.URLError:
            if attempt == 99:
                raise
            time.sleep(0.1)
    return None


def test_lab_serves_the_tutorial_for_real(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lab.copy_notebooks(tmp_path)
    command = lab.lab_command(tmp_path, port, browser=False)
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    server = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    with server:
        try:
            line = next(line for line in server.stderr if "token=" in line)
            url = re.search(r"http\S+", line)[0]
            assert f"/lab/tree/{lab.TUTORIAL}?" in url
            token = url.split("token=")[1]
            contents = f"http://127.0.0.1:{port}/api/contents/{lab.TUTORIAL}?token={token}"
            assert json.loads(fetch(contents))["type"] == "notebook"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
