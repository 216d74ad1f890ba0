"""Benchmarks in a browser use the fixtures of the browser tests."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[1] / "browser" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("browser_conftest", _PATH)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

pytest_plugin_registered = _MODULE.pytest_plugin_registered
