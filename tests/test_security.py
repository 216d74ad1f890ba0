"""Data files contain data: nothing in the package can run what a file holds."""

import ast
from pathlib import Path

import pytest

import annotat_nb

PACKAGE = Path(annotat_nb.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
BANNED_MODULES = {
    "pickle",
    "cPickle",
    "joblib",
    "dill",
    "cloudpickle",
    "marshal",
    "shelve",
    "skops",
    "runpy",
}
RUNS_CODE = PACKAGE / "cli" / "own_code.py"
"""Where a Python file is run that the user names for it; nothing else may."""
BANNED_CALLS = {"eval", "exec", "torch.load", "yaml.load", "os.system", "read_pickle"}


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), {k.arg: ast.unparse(k.value) for k in node.keywords}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_runs_what_a_file_holds(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert not BANNED_MODULES & set(imports(tree))
    for name, keywords in calls(tree):
        assert name not in BANNED_CALLS
        assert not name.endswith((".exec_module", ".load_module")) or path == RUNS_CODE
        assert keywords.get("allow_pickle", "False") == "False"
        assert keywords.get("shell", "False") == "False"
        if name in ("np.load", "numpy.load"):
            assert keywords.get("allow_pickle") == "False"
        assert "description_allow_html" not in keywords
