"""The folder that lets people try the tutorial without installing anything."""

import os
import subprocess
import venv
from pathlib import Path

import nbclient
import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
SERVER = 250_000_000
"""Bytes that JupyterLab's server needs beside the kernel."""
LIMIT = 1_500_000_000
PEAK = """
from pathlib import Path
status = Path("/proc/self/status").read_text()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
"""


def test_the_environment_takes_a_cpu_build_of_torch():
    environment = yaml.safe_load((BINDER / "environment.yml").read_text())
    assert "pytorch-cpu" in environment["dependencies"]
    assert "python=3.11" in environment["dependencies"]


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_can_run_and_stop_at_the_first_error(name):
    path = BINDER / name
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text()
    subprocess.run(["bash", "-n", path], check=True)


@pytest.mark.parametrize(("limit", "threads"), [("", "2"), ("1.0", "1"), ("0.5", "2"), ("4", "4")])
def test_start_limits_threads_to_the_visitors_share(limit, threads):
    environment = {"PATH": os.environ["PATH"], "CPU_LIMIT": limit}
    command = ["bash", BINDER / "start", "printenv", "OMP_NUM_THREADS"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == threads


def test_the_tutorial_fits_a_small_machine(tmp_path):
    notebook = nbformat.read(ROOT / "notebooks" / "01_first_segmentation.ipynb", 4)
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK))
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, resources=resources, timeout=250).execute()
    used = int(notebook.cells[-1]["outputs"][0]["text"])
    assert used + SERVER <= LIMIT


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_post_build_makes_a_clean_environment_in_which_the_tutorial_runs(tmp_path):
    venv.create(tmp_path / "env", with_pip=True)
    binaries = tmp_path / "env" / "bin"
    environment = {
        "PATH": f"{binaries}:{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "PYTHONNOUSERSITE": "1",
    }
    constraints = ["-q", "-c", ROOT / "constraints.txt"]
    install = [binaries / "pip", "install", *constraints, "torch", "nbclient"]
    subprocess.run(install, env=environment, check=True)  # as environment.yml would
    subprocess.run(["bash", BINDER / "postBuild"], env=environment, cwd=ROOT, check=True)
    notebook = ROOT / "notebooks" / "01_first_segmentation.ipynb"
    run = [binaries / "jupyter", "execute", f"--output={tmp_path / 'run.ipynb'}", notebook]
    subprocess.run(["bash", BINDER / "start", *run], env=environment, cwd=tmp_path, check=True)
