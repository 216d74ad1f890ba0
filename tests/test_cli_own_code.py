"""Features of a user's own, from a shell."""

import re
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from annotat_nb import cli

DEFINES = """
import annotat_nb as an

@an.feature(halo=lambda plus: 0)
def {name}(image, plus: int = 1):
    return image + plus
"""
LEARNS = """
import sys
with an.Session(an.read(sys.argv[1])) as session:
    session.classes.add("block")
    session.paint([(14, 14), (14, 26)], index=1, label=1, radius=2)
    session.paint([(3, 3), (3, 36)], index=1, label=0, radius=2)
    session.pipeline = an.Pipeline(
        features=({name}(plus=3),),
        superpixels=None,
        selection=None,
        classifier=an.RandomForest(n_estimators=9),
    )
    session.apply()
    session.save_classifier("own.classifier")
    session.save_annotation("markers.tif")
    session.save_label("expected.tif")
    open("pipeline.json", "w").write(session.pipeline.model_dump_json())
"""


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture
def defined(tmp_path, monkeypatch):
    """Learn in another process, and return the file that defines what is learnt with."""
    image = np.random.default_rng(0).integers(0, 90, (3, 30, 40)).astype("uint8")
    image[:, 8:20, 10:30] += 120
    tifffile.imwrite(tmp_path / "scan.tif", image, photometric="minisblack")
    monkeypatch.chdir(tmp_path)

    def define(name):
        code = DEFINES.format(name=name)
        (tmp_path / "features.py").write_text(code)
        command = [sys.executable, "-c", code + LEARNS.format(name=name), "scan.tif"]
        subprocess.run(command, cwd=tmp_path, check=True)
        return tmp_path / "features.py"

    return define


def test_a_classifier_with_features_of_ones_own_classifies_once_they_are_imported(
    defined, tmp_path
):
    file = defined("plus_of_classify")
    without = run("classify", "own.classifier", "scan.tif", "-o", "out")
    assert without.exit_code == 1
    assert without.stderr.startswith("own.classifier: has parameters that are not known here")
    assert "name the file that defines its features with --import FILE.py" in without.stderr
    done = run("classify", "own.classifier", "scan.tif", "-o", "out", "--import", file)
    assert done.exit_code == 0, done.output
    found, expected = (
        tifffile.imread(tmp_path / name) for name in ("out/scan_labels.tif", "expected.tif")
    )
    np.testing.assert_array_equal(found, expected)


def test_a_pipeline_with_them_segments_once_they_are_imported(defined, tmp_path):
    defined("plus_of_segment")
    options = ("scan.tif", "--markers", "markers.tif", "--pipeline", "pipeline.json")
    without = run("segment", *options, "-o", "out.tif")
    assert without.exit_code == 1
    assert "PlusOfSegment" in without.stderr
    assert "with --import FILE.py" in without.stderr
    done = run("segment", *options, "-o", "out.tif", "--import", "features.py")
    assert done.exit_code == 0, done.output
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "out.tif"), tifffile.imread(tmp_path / "expected.tif")
    )


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("own.py", "a = 1\nb = c\n", r"own.py: fails in line 2 \(NameError: name 'c' is not"),
        ("own.py", "def f():\n    1 / 0\n\nf()\n", r"fails in line 2 \(ZeroDivisionError"),
        ("own.py", "a = (\n", r"own.py: fails in line 1 \(SyntaxError"),
        ("own.py", "import no_such_thing\n", r"fails in line 1 \(ModuleNotFoundError"),
        ("own.txt", "a = 1\n", "own.txt: is no Python file: its name must end in .py"),
    ],
)
def test_what_fails_in_such_a_file_is_one_sentence_with_its_line(tmp_path, name, code, words):
    (tmp_path / name).write_text(code)
    for command in (
        ("classify", "a.classifier", "scan.tif"),
        ("segment", "scan.tif", "--markers", "m.tif"),
    ):
        done = run(*command, "-o", tmp_path / "out.tif", "--import", tmp_path / name)
        assert done.exit_code == 1
        assert len(done.stderr.splitlines()) == 1
        assert re.search(words, done.stderr)


def test_a_file_that_is_missing_is_a_usage_error(tmp_path):
    done = run("classify", "a.classifier", "scan.tif", "-o", tmp_path, "--import", "missing.py")
    assert done.exit_code == 2
    assert "missing.py" in done.stderr
