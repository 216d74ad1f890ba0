"""Opens files one after the other, each in a process of its own with limits, and tells the cost.

The tests run it as a program: a line of JSON in, a line of JSON out. The processes are forked from
this one, which has all libraries loaded, so that a file costs milliseconds.
"""

import json
import os
import resource
import select
import signal
import sys
import time
import traceback
import warnings
import zlib
from pathlib import Path

import numpy as np
import safetensors.numpy  # noqa: F401 - loaded here once, not in each process
import scipy.spatial  # noqa: F401

from annotat_nb import io
from annotat_nb.classify import load_classifier, silent
from annotat_nb.classify.training_file import read_training_data
from annotat_nb.kernels.compiling import KERNELS
from annotat_nb.kernels.cpu import dense, forest  # noqa: F401 - what predictors load when used

PATIENCE = 10  # seconds until a file counts as one that hangs
ADDRESS_SPACE = 4 * 2**30
PAGE = os.sysconf("SC_PAGE_SIZE")


def crc_of(path, **how):
    volume = io.read(path, **how)
    found = 0
    for plane in volume.data:
        found = zlib.crc32(np.ascontiguousarray(plane), found)
    return {"shape": volume.shape, "dtype": str(volume.dtype), "crc": found}


def labels_of(path, **how):
    labels, classes = io.read_labels(path, **how)
    return {"shape": labels.shape, "classes": classes}


def markers_of(path, **how):
    markers, classes = io.read_markers(path, **how)
    return {"shape": markers.shape, "classes": classes}


def classifier_of(path):
    model = load_classifier(path).model
    rows = np.resize(VALUES, (40, model.columns.max() + 1))
    with np.errstate(all="ignore"):
        return {"shape": model.predict_proba(rows, silent).shape}


def training_of(path):
    data, classes = read_training_data(path)
    return {"shape": data.rows.shape, "classes": [item.name for item in classes]}


VALUES = np.array([0, 1, -1, 90, 1e38, -1e38, np.inf, -np.inf, np.nan, 1e-45, 200], "float32")
ACTS = {
    "image": crc_of,
    "labels": labels_of,
    "markers": markers_of,
    "classifier": classifier_of,
    "training data": training_of,
}


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def attempt(task):
    before, started = resident(), time.process_time()
    try:
        told = {"outcome": "opened", **ACTS[task["act"]](task["path"], **task["how"])}
    except io.ReadError as error:
        told = {"outcome": "refused", "message": str(error)}
    except BaseException:
        told = {"outcome": "raised", "message": traceback.format_exc()}
    seconds = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {**told, "seconds": seconds, "grown": max(0, peak - before)}


def watched(task):
    """Do a task in a fork; what becomes of it is told whatever it does."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        os.write(writer, json.dumps(attempt(task)).encode())
        os._exit(0)
    os.close(writer)
    answer = b""
    while select.select([reader], [], [], PATIENCE)[0] and (piece := os.read(reader, 65536)):
        answer += piece
    hangs = not select.select([reader], [], [], 0)[0]
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(reader)
    if answer:
        return json.loads(answer)
    return {"outcome": "hung" if hangs else f"died of signal {os.waitstatus_to_exitcode(status)}"}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for seed in sys.argv[1:]:
        attempt({"act": "image", "path": seed, "how": {}})  # loads the libraries
    for kernel in KERNELS:
        kernel.compile()
    for line in sys.stdin:
        print(json.dumps(watched(json.loads(line))), flush=True)
