"""Operations: typed, serialisable records of one image computation."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from inspect import isabstract
from typing import Any, ClassVar, Self

from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

Array = NDArray[Any]


class Record(BaseModel):
    """A frozen, comparable set of parameters that survives JSON, subclass included.

    Its JSON carries the name of its class under ``kind``; validating JSON against a base class
    gives back the subclass, and only ever one that is already imported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    title: ClassVar[str]
    """Human-readable name, shown in forms."""

    @model_serializer(mode="wrap")
    def _named(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": type(self).__name__, **handler(self)}

    @model_validator(mode="wrap")
    @classmethod
    def _resolve(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(value, Mapping):
            return handler(value)
        fields = dict(value)
        kind = cls._named_kind(str(fields.pop("kind", cls.__name__)))
        if kind is not cls:
            return kind.model_validate(fields)
        cls._refuse_unknown(fields)
        return handler(fields)

    @classmethod
    def _named_kind(cls, name: str) -> type[Self]:
        kinds = {kind.__name__: kind for kind in kinds_of(cls) if not isabstract(kind)}
        if name not in kinds:
            raise ValueError(f"no {cls.__name__} is called {name!r}{suggest(name, kinds)}")
        return kinds[name]

    @classmethod
    def _refuse_unknown(cls, fields: Mapping[str, Any]) -> None:
        for name in fields:
            if name not in cls.model_fields:
                hint = suggest(name, cls.model_fields)
                raise ValueError(f"{cls.__name__} has no parameter {name!r}{hint}")


class Operation(Record):
    """One image computation together with its parameters.

    An operation is a value: it compares, prints, and saves as JSON. Calling it on an array
    computes the result; nothing else happens.
    """

    def halo(self) -> tuple[int, int, int]:
        """Voxels of context that a block needs on every side, (z, y, x)."""
        return (0, 0, 0)


def kinds_of(base: type[Record]) -> Iterator[type[Any]]:
    """Yield `base` and every class derived from it, in order of definition."""
    yield base
    for child in base.__subclasses__():
        yield from kinds_of(child)


def suggest(name: str, known: Iterable[str]) -> str:
    """Say which of the `known` names was meant, or which there are, to end a sentence with."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
