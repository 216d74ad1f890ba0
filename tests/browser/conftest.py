"""Registers the fixtures of lab.py, which the benchmarks use too."""

import importlib.util
from pathlib import Path


def pytest_plugin_registered(manager):
    if manager.has_plugin("annotat_nb_lab"):
        return
    path = Path(__file__).with_name("lab.py")
    spec = importlib.util.spec_from_file_location("annotat_nb_lab", path)
    module = importlib.util.module_from_spec(spec)
    manager.register(module, "annotat_nb_lab")
    spec.loader.exec_module(module)
