"""Buttons that do something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

if TYPE_CHECKING:
    from collections.abc import Callable


def button(title: str, act: Callable[[], object], tooltip: str = "", **traits: Any) -> w.Button:
    """Make a button that calls `act` when it is pressed.

    Parameters
    ----------
    title
        What it says.
    act
        What it does.
    tooltip
        What that does to the result; may stay empty where the title says all.
    traits
        As for `ipywidgets.Button`, such as ``icon`` and ``button_style``.

    Examples
    --------
    >>> button("Close", lambda: print("closed"), icon="times").click()
    closed
    """
    made = w.Button(description=title, tooltip=tooltip, **traits)
    made.on_click(lambda _: act())
    return made
