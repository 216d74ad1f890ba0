"""Features that users write as plain functions."""

from __future__ import annotations

import inspect
import traceback
import types
from abc import abstractmethod
from collections.abc import Iterable
from operator import index
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from pydantic import Field

from annotat_nb.features.feature import Feature
from annotat_nb.operation import kinds_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.features.source import Source
    from annotat_nb.operation import Array

    Reach = int | tuple[int, int, int]


def feature(
    *, title: str | None = None, halo: Reach | Callable[..., Reach] = 0
) -> Callable[[Callable[..., Any]], type[CustomFeature]]:
    """Make a function on arrays a feature, which the form offers and pipelines can hold.

    The function takes an image, float32, (z, y, x), without NaN, which it must not write to, and
    returns one finite number for each voxel. Its other parameters need a type and a default: they
    become the parameters of the feature, explained by what the section *Parameters* of its
    docstring (numpydoc) says of them. The kind of feature is named as the function in capitals:
    ``local_range`` makes ``LocalRange``. Defining it anew, as when a cell is run again, makes a
    new kind; features that were made before go on computing what they did.

    Parameters
    ----------
    title
        What forms and channels call it; None makes it of the name of the function. Channels add
        the parameters: *Local range (radius=3)*.
    halo
        How far the function looks around a voxel, in voxels: one number for all axes, or (z, y,
        x), or a function of the parameters that returns either, which it must be where a parameter
        decides how far. Large images are computed in blocks with so much context; if it is too
        small, the borders of the blocks can be seen, and `annotat_nb.check_halo` refuses it.

    Returns
    -------
    callable
        What makes of the function a kind of `Feature`.

    Raises
    ------
    TypeError
        If a parameter of the function has no default, no type, or one that no form can show, or
        if the halo is no whole number of voxels, or three.
    ValueError
        If the package has a feature of that name, or a parameter has a name that features need.

    Examples
    --------
    >>> from scipy import ndimage
    >>> @feature(title="Local range", halo=lambda radius: radius)
    ... def local_range(image, radius: int = 2):
    ...     size = 2 * radius + 1
    ...     return ndimage.maximum_filter(image, size) - ndimage.minimum_filter(image, size)
    >>> own = local_range(radius=1)
    >>> own
    LocalRange(radius=1)
    >>> float(own(np.eye(4)[None])[0, 0, 2, 2])
    1.0
    """

    def make(function: Callable[..., Any]) -> type[CustomFeature]:
        fields = _fields(function)
        reach: Callable[..., Any] = halo if callable(halo) else lambda **_: halo
        defaults = {name: fields[name].default for name in fields["__annotations__"]}
        _sides(function.__name__, reach(**defaults))  # says at once if it is none
        own = {
            **fields,
            "__doc__": inspect.getdoc(function) or f"What the function {function.__name__} gives.",
            "__module__": function.__module__,
            "__qualname__": function.__qualname__,  # where pickle finds it
            "title": title or function.__name__.replace("_", " ").capitalize(),
            "run": staticmethod(function),
            "reach": staticmethod(reach),
        }
        name = _kind_name(function)
        return types.new_class(name, (CustomFeature,), exec_body=lambda body: body.update(own))

    return make


class CustomFeature(Feature):
    """A feature that a user wrote as a function."""

    @staticmethod
    @abstractmethod
    def run(image: Array, /, **parameters: Any) -> Any:
        """Compute one number for each voxel."""

    @staticmethod
    @abstractmethod
    def reach(**parameters: Any) -> Reach:
        """Return how far the function looks."""

    def compute(self, source: Source) -> list[Any]:
        image = source.backend.to_numpy(source.image).view()
        image.flags.writeable = False
        values = self._checked(self._run(image), image.shape)
        return [source.backend.from_numpy(values[source.inner], source.device)]

    def channels(self) -> tuple[str, ...]:
        return (self.full_title(),)

    def full_title(self) -> str:
        own = ", ".join(f"{name}={value!r}" for name, value in self._parameters().items())
        return f"{self.title} ({own})" if own else self.title

    def halo(self) -> tuple[int, int, int]:
        return _sides(self.title, self.reach(**self._parameters()))

    def _parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields}

    def _run(self, image: Array) -> Any:
        try:
            return self.run(image, **self._parameters())
        except MemoryError:
            raise  # it is told what to do about it
        except Exception as error:
            cause = str(error) or type(error).__name__
            raise ValueError(f"{self.title}: {cause}{_place_of(error, self.run)}") from error

    def _checked(self, values: Any, shape: tuple[int, ...]) -> Array:
        values = np.asarray(values)
        if values.shape != shape:
            raise ValueError(
                f"{self.title}: the function must return one number for each voxel; "
                f"for an image of shape {shape} it returned {values.shape}"
            )
        if values.dtype.kind not in "buif":
            raise TypeError(
                f"{self.title}: the function must return real numbers, got {values.dtype}"
            )
        with np.errstate(over="ignore"):
            narrow: Array = values.astype(np.float32)
        if not np.isfinite(narrow).all():
            raise ValueError(
                f"{self.title}: the function must return finite numbers, got NaN or infinity; "
                "numpy.nan_to_num replaces them"
            )
        return narrow


def _place_of(error: Exception, function: Callable[..., Any]) -> str:
    """Say which line of the cell or file that defines `function` failed, to end a sentence with."""
    source = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if source is not None and each.filename == source.co_filename]
    if not own:
        return ""
    return f" (line {own[-1].lineno} where it is defined: {own[-1].line})"


def _sides(name: str, reach: Any) -> tuple[int, int, int]:
    """Return a halo as (z, y, x), in whatever integers it comes."""
    try:
        z, y, x = map(index, reach if isinstance(reach, Iterable) else (reach, reach, reach))
    except (TypeError, ValueError):
        z = y = x = -1
    if min(z, y, x) < 0:
        raise TypeError(
            f"the halo of {name} must be a whole number of voxels, 0 or more, or three of them in "
            f"the order (z, y, x); got {reach!r}"
        )
    return z, y, x


def _kind_name(function: Callable[..., Any]) -> str:
    name = "".join(part[:1].upper() + part[1:] for part in function.__name__.split("_"))
    for kind in kinds_of(Feature):
        if kind.__name__ == name and (kind is CustomFeature or not issubclass(kind, CustomFeature)):
            raise ValueError(f"there is a feature {name} already; call the function something else")
    return name


def _fields(function: Callable[..., Any]) -> dict[str, Any]:
    """Return what a class body says of the parameters of `function` but the first."""
    hints, explained = get_type_hints(function, include_extras=True), _explanations(function)
    _, *parameters = inspect.signature(function).parameters.values()
    for parameter in parameters:
        _refuse_unfit(function.__name__, parameter, hints.get(parameter.name))
    fields: dict[str, Any] = {
        each.name: Field(each.default, description=explained.get(each.name, ""))
        for each in parameters
    }
    return {**fields, "__annotations__": {each.name: hints[each.name] for each in parameters}}


def _refuse_unfit(function: str, parameter: inspect.Parameter, hint: Any) -> None:
    name = parameter.name
    if name.startswith("_") or name in ("title", "kind") or hasattr(CustomFeature, name):
        raise ValueError(f"features need the name {name!r} themselves; rename that of {function}")
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        raise TypeError(f"{function} must name its parameters one by one, got {parameter}")
    if hint is None or parameter.default is parameter.empty:
        raise TypeError(
            f"parameter {name!r} of {function} needs a type and a default, such as {name}: int = 3"
        )
    if not _is_plain(hint):
        raise TypeError(
            f"parameter {name!r} of {function} must be bool, int, float, str, a tuple of them or "
            f"a Literal, which a form can show; got {hint}"
        )


def _is_plain(hint: Any) -> bool:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _is_plain(parts[0])
    if origin in (Union, types.UnionType, tuple):
        return all(part in (types.NoneType, ...) or _is_plain(part) for part in parts)
    return origin is Literal or hint in (bool, int, float, str)


def _explanations(function: Callable[..., Any]) -> dict[str, str]:
    """Read what the section Parameters of a docstring says of each."""
    _, _, after = (inspect.getdoc(function) or "").partition("Parameters\n----------\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in after.partition("\n\n")[0].splitlines():
        if line.startswith(" "):
            found.update({name: f"{found.get(name, '')} {line.strip()}".strip() for name in names})
        else:
            names = [name.strip() for name in line.partition(":")[0].split(",")]
    return found
