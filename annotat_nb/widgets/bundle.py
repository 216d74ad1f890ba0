"""Several JavaScript modules as the one that anywidget loads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def bundle(folder: Path, *modules: str) -> str:
    """Join the JavaScript `modules` in `folder`, in this order.

    Imports between them go, since they then share one scope; only the default export stays.
    """
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in modules)
    text = re.sub(r"^import [^;]*;\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", text, flags=re.MULTILINE)
