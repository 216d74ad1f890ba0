"""The classes that voxels are sorted into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from threading import RLock
from typing import TYPE_CHECKING, Annotated, Any

from psygnal import Signal
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from annotat_nb.annotation.alone import alone
from annotat_nb.rendering.palette import class_color

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class LabelClass(BaseModel):
    """One class: its number in labels and markers, and how it is shown."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int = Field(ge=0, le=65535)
    name: Name
    color: Color
    visible: bool = True

    def __setattr__(self, name: str, value: Any) -> None:
        """Refuse: a change must be one step of the history."""
        raise AttributeError(
            f"class {self.id} {self.name} changes through the table only: "
            f"use classes.rename({self.id}, ...), classes.recolor or classes.show"
        )


Classes = tuple[LabelClass, ...]
Commit = Callable[[str, Classes, int | None], None]

BACKGROUND = LabelClass(id=0, name="Background", color=class_color(0))


class ClassTable:
    """The classes of a session, Background (0) first.

    Changes go through `commit`, which makes each of them one undoable, journalled step.

    Examples
    --------
    >>> classes = ClassTable()
    >>> classes.add("bone")
    1
    >>> [item.name for item in classes]
    ['Background', 'bone']
    """

    changed = Signal()
    """Emitted after the table, or what is visible of it, changed."""

    def __init__(
        self, commit: Commit | None = None, lock: AbstractContextManager[Any] | None = None
    ) -> None:
        self._lock: AbstractContextManager[Any] = lock or RLock()
        self._classes: Classes = (BACKGROUND,)
        self._hidden: frozenset[int] = frozenset()
        self._commit = commit or (lambda _name, classes, _removed: self.replace(classes))

    def __iter__(self) -> Iterator[LabelClass]:
        for item in self._classes:
            yield item.model_copy(update={"visible": item.id not in self._hidden})

    def __len__(self) -> int:
        return len(self._classes)

    def __contains__(self, class_id: object) -> bool:
        return any(item.id == class_id for item in self._classes)

    def __getitem__(self, class_id: int) -> LabelClass:
        for item in self:
            if item.id == class_id:
                return item
        known = ", ".join(f"{item.id} {item.name}" for item in self)
        raise KeyError(f"there is no class {class_id}; the classes are {known}")

    def __repr__(self) -> str:
        return f"ClassTable({', '.join(f'{item.id}: {item.name}' for item in self)})"

    @property
    def hidden(self) -> frozenset[int]:
        """Ids of the classes that are not shown."""
        return self._hidden

    @alone
    def add(self, name: str, *, color: str | None = None) -> int:
        """Add a class and return its id, the smallest one that is free.

        Raises
        ------
        ValueError
            If the name is empty or taken.
        """
        self._refuse_taken(name)
        (free,) = self._free(1)
        new = LabelClass(id=free, name=name, color=color or class_color(free))
        self._commit("add class", tuple(sorted((*self._classes, new), key=lambda c: c.id)), None)
        return free

    @alone
    def with_new(self, number: int = 1) -> tuple[Classes, tuple[int, ...]]:
        """Return the table with `number` classes more, and their ids: the smallest free ones.

        They are called "Class 1" and so on, as far as these names are free.

        Raises
        ------
        ValueError
            If there are not so many ids left.
        """
        ids = self._free(number)
        new = [
            LabelClass(id=n, name=name, color=class_color(n))
            for n, name in zip(ids, self.free_names(), strict=False)
        ]
        return tuple(sorted((*self._classes, *new), key=lambda c: c.id)), ids

    def free_names(self) -> Iterator[str]:
        """Yield names for new classes: "Class 1" and so on, as far as no class has them."""
        taken = {item.name for item in self._classes}
        return (name for n in count(1) if (name := f"Class {n}") not in taken)

    def _free(self, number: int) -> tuple[int, ...]:
        """Return the smallest ids that no class has."""
        taken = {item.id for item in self._classes}
        free = tuple(islice((n for n in range(65536) if n not in taken), number))
        if len(free) < number:
            raise ValueError(
                f"there is no room for {number} more classes: {len(taken)} of 65536 are taken; "
                "remove or merge some first"
            )
        return free

    @alone
    def rename(self, class_id: int, name: str) -> None:
        """Give class `class_id` another name."""
        if self[class_id].name != name.strip():
            self._refuse_taken(name)
            self._update(class_id, "rename class", name=name)

    @alone
    def recolor(self, class_id: int, color: str) -> None:
        """Give class `class_id` another colour, as ``"#rrggbb"``."""
        if self[class_id].color != color:
            self._update(class_id, "recolour class", color=color)

    @alone
    def remove(self, class_id: int) -> None:
        """Remove class `class_id` with its markers; its voxels in the label become Background."""
        if class_id == 0:
            raise ValueError("Background cannot be removed: it is what no other class claims")
        gone = self[class_id].id
        self._commit("remove class", tuple(c for c in self._classes if c.id != gone), gone)

    @alone
    def show(self, class_id: int, visible: bool = True) -> None:
        """Show or hide class `class_id`; a matter of view, not an edit."""
        hidden = self._hidden - {self[class_id].id}
        self.hide_only(hidden if visible else hidden | {class_id})

    @alone
    def isolate(self, class_id: int) -> None:
        """Show only class `class_id`; where it is the only one shown already, show all."""
        others = frozenset(item.id for item in self._classes if item.id != self[class_id].id)
        self.hide_only(frozenset() if self._hidden == others else others)

    def hide_only(self, hidden: frozenset[int]) -> None:
        """Hide exactly the classes in `hidden`."""
        if hidden != self._hidden:
            self._hidden = hidden
            self.changed.emit()

    def replace(self, classes: Sequence[LabelClass]) -> None:
        """Put `classes` in place of the table, without a step of history."""
        self._classes = tuple(classes)
        self._hidden &= {item.id for item in classes}
        self.changed.emit()

    def stored(self) -> Classes:
        """Return the table as it is written to disk, without what is merely hidden."""
        return self._classes

    def _update(self, class_id: int, step: str, **fields: str) -> None:
        def changed(item: LabelClass) -> LabelClass:
            return LabelClass(**{**item.model_dump(), **fields})

        self._commit(
            step, tuple(changed(c) if c.id == class_id else c for c in self._classes), None
        )

    def _refuse_taken(self, name: str) -> None:
        if any(item.name == name.strip() for item in self._classes):
            raise ValueError(f"there is already a class {name.strip()!r}; choose another name")
