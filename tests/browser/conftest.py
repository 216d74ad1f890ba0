"""Registers the fixtures of the modules beside it, which the benchmarks use too."""

import importlib.util
from pathlib import Path

MODULES = ("chromium", "lab", "network", "canvas_lab", "pictures")


def pytest_plugin_registered(manager):
    for name in MODULES:
        if not manager.has_plugin(f"browser_{name}"):
            _register(manager, name)


def _register(manager, name):
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"browser_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    manager.register(module, f"browser_{name}")
