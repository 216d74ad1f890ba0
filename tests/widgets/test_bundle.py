import re

import pytest

from annotat_nb.widgets.canvas import Pen
from annotat_nb.widgets.class_panel import ClassList
from annotat_nb.widgets.menu import MenuBar
from annotat_nb.widgets.steward import Steward


@pytest.mark.parametrize("widget", [Pen, MenuBar, ClassList, Steward])
def test_a_bundled_script_has_no_imports_and_no_name_twice(widget):
    script = str(widget._esm)
    assert not re.search(r"^import ", script, re.MULTILINE)
    assert re.findall(r"^export .*", script, re.MULTILINE) == ["export default {"]
    declared = r"^(?:async )?(?:function|const|let|class) (\w+)"
    names = re.findall(declared, script, re.MULTILINE)
    assert len(names) == len(set(names)) > 2
