"""YAML text as nodes and values, within bounds: whoever wrote it may be a stranger.

libyaml composes nodes by recursion and checks no depth: a hundred thousand brackets end the process. Its events come
without recursion, so they are counted first. Aliases of aliases make gigabytes of a few lines.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml

from builders.bounds import bounds, raising
from builders.errors import first_line

DEEPEST: Final = 100
"""Levels of a document."""

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


def read_yaml(text: str, *, keys_once: bool = False) -> Document:
    """Return a text's only YAML document, as a node with its lines and as plain values.

    Args:
        text: The document.
        keys_once: Whether to refuse a mapping that says a key twice. YAML readers keep the last of them, which would
            silently change an experiment.

    Raises:
        NotYamlError: if it is no YAML, or goes beyond its bounds.
    """
    try:
        _refuse_depth(text)
        loader: Any = _Loader(text)
        node: Any = loader.get_single_node()
        _refuse_bombs(node)
        if keys_once:  # before values are made of the nodes: that writes merged keys (`<<`) into them
            _refuse_repeated_keys(node)
        return Document(node, None if node is None else loader.construct_document(node))
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
    most = bounds().yaml_characters

    def size(each: Any) -> int:  # noqa: ANN401
        if isinstance(each, yaml.ScalarNode):
            return len(each.value) + 1
        if id(each) in sizes:
            return sizes[id(each)]
        sizes[id(each)] = most + 1  # met again within itself: it has no end
        children = itertools.chain(*each.value) if isinstance(each, yaml.MappingNode) else each.value
        sizes[id(each)] = 1 + sum(map(size, children))
        return sizes[id(each)]

    if node is not None and size(node) > most:
        raise NotYamlError(
            f"with its aliases written out this has more than {most:,} characters",
            advice=f"write fewer aliases, or split the file; {raising('yaml-mb')}",
        )


def _refuse_repeated_keys(node: Any) -> None:  # noqa: ANN401
    for mapping in _mappings(node, set()):
        seen: dict[str, int] = {}
        for key, _ in mapping.value:
            line = key.start_mark.line + 1
            if key.value.__hash__ and key.value in seen:
                raise NotYamlError(
                    f"the key '{key.value}' is there twice, first on line {seen[key.value]}", line
                )
            if isinstance(key.value, str):
                seen[key.value] = line


def _mappings(node: Any, visited: set[int]) -> Iterator[yaml.MappingNode]:  # noqa: ANN401
    """Yield every mapping once; aliases share their node and may even be circular."""
    if id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, child in node.value:
            yield from _mappings(child, visited)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _mappings(child, visited)
