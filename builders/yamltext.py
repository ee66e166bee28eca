"""YAML text as nodes and values, within bounds: whoever wrote it may be a stranger.

libyaml composes nodes by recursion and checks no depth: a hundred thousand brackets end the process. Its events come
without recursion, so they are counted first. Aliases of aliases make gigabytes of a few lines.
"""

from __future__ import annotations

import itertools
from typing import Any, Final, NamedTuple

import yaml

from builders.errors import first_line

DEEPEST: Final = 100
"""Levels of a document."""

MOST_CHARACTERS: Final = 20_000_000
"""Characters of a document with every alias written out."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is ten times faster where it is there


class NotYamlError(ValueError):
    """A text that is no YAML, or goes beyond the bounds."""

    def __init__(self, problem: str, line: int | None = None, advice: str | None = None) -> None:
        super().__init__(problem)
        self.line = line
        self.advice = advice

    def place(self, where: str) -> str:
        """Return where it stands in a file of that name."""
        return f"{where}:{self.line}" if self.line else where


class Document(NamedTuple):
    """What a text holds; both None where it is empty."""

    node: yaml.Node | None
    value: Any


def read_yaml(text: str) -> Document:
    """Return a text's only YAML document, as a node with its lines and as plain values.

    Raises:
        NotYamlError: if it is no YAML, or goes beyond `DEEPEST` or `MOST_CHARACTERS`.
    """
    try:
        _refuse_depth(text)
        loader: Any = _Loader(text)
        node: Any = loader.get_single_node()
        _refuse_bombs(node)
        value = None if node is None else loader.construct_document(node)
        if (
            "<<" in text
        ):  # constructing writes merged keys into their mapping, where they look like repeated ones
            node = _Loader(text).get_single_node()
        return Document(node, value)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise NotYamlError(f"not YAML: {error.problem or error.context}", line) from error
    except NotYamlError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, OverflowError) as error:
        raise NotYamlError(f"not YAML: {first_line(error)}") from error


def _refuse_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise NotYamlError(f"is nested more than {DEEPEST} deep", event.start_mark.line + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refuse_bombs(node: Any) -> None:  # noqa: ANN401
    """Refuse a document that is much larger, or endless, with its aliases written out."""
    sizes: dict[int, int] = {}

    def size(each: Any) -> int:  # noqa: ANN401
        if isinstance(each, yaml.ScalarNode):
            return len(each.value) + 1
        if id(each) in sizes:
            return sizes[id(each)]
        sizes[id(each)] = MOST_CHARACTERS + 1  # met again within itself: it has no end
        children = itertools.chain(*each.value) if isinstance(each, yaml.MappingNode) else each.value
        sizes[id(each)] = 1 + sum(map(size, children))
        return sizes[id(each)]

    if node is not None and size(node) > MOST_CHARACTERS:
        raise NotYamlError(
            f"with its aliases written out this has more than {MOST_CHARACTERS:,} characters",
            advice="write fewer aliases, or split the file",
        )
