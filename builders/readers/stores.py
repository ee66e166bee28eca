"""Object stores: ``s3://BUCKET/KEY`` and their like, a key, a prefix or a glob. Objects are copied and read as files.

The connectors are pyarrow's, which are there without a further package. They take credentials as the vendors' own tools
do (environment, profiles, the machine's role); an address that carries any is refused, for addresses are printed.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from builders.errors import InputError, first_line
from builders.readers.spool import copied

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

STORES: Final = ("s3://", "gs://", "gcs://", "abfs://", "abfss://")
"""What addresses begin with."""

_SECRET: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_KEY")
"""Variables whose values are taken out of what a connector says."""

_PATIENCE: Final = 10.0
"""Seconds for a connection."""


@contextmanager
def _said(where: str) -> Generator[None]:
    """Turn what a connector raises into an error of ours, without a secret in it."""
    try:
        yield
    except (OSError, ValueError, NotImplementedError) as error:
        text = first_line(error)
        for name in _SECRET:
            if value := os.environ.get(name):
                text = text.replace(value, "***")
        raise InputError(
            f"cannot be read: {text}",
            where=where,
            help="check the address, the network and the credentials; for a server that is not the vendor's, "
            "AWS_ENDPOINT_URL",
        ) from error


@dataclass(frozen=True)
class Object:
    """An object of a store."""

    system: FileSystem
    """The store."""
    key: str
    """Its name there, its bucket's before it."""
    where: str
    """Its address."""

    def copy(self) -> Path:
        """Copy it, and return the path of the copy, which goes with the process.

        Raises:
            InputError: if it cannot be read, or is longer than the bound.
        """
        with _said(self.where), self.system.open_input_stream(self.key, compression=None) as stream:

            def read(size: int) -> bytes:
                with _said(self.where):
                    return stream.read(size)

            return copied(read, self.where)


def objects(target: str, chosen: Callable[[str], bool]) -> list[Object]:
    """Return the objects that an address means, by name.

    Args:
        target: The address of an object, or of all below it, or a glob of keys.
        chosen: Whether a name, of those below an address, is data's.

    Raises:
        InputError: if the address carries credentials, or nothing is there.
    """
    parts = urlsplit(target, allow_fragments=False)
    _, at, bucket = parts.netloc.rpartition("@")
    if at and not parts.scheme.startswith("abfs"):
        raise InputError(
            "carries credentials, and an address is printed",
            where=f"{parts.scheme}://***@{bucket}{parts.path}",
            help="give them as the vendor's tools take them: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile",
        )
    with _said(target):
        system, place = _system(target)
        keys = _keys(system, place, chosen)
    if not keys:
        raise InputError("nothing is there", where=target, help="name an object, a prefix or a glob of keys")
    return [Object(system, key, f"{parts.scheme}://{key}") for key in keys]


def _system(target: str) -> tuple[FileSystem, str]:
    from pyarrow import fs

    if not target.startswith("s3://"):
        bare = target.split("*", maxsplit=1)[0].split("?", maxsplit=1)[0].split("[", maxsplit=1)[0]
        system, place = fs.FileSystem.from_uri(bare)
        return system, place + target[len(bare) :]
    place = target.removeprefix("s3://")
    more: dict[str, Any] = {}
    # pyarrow's connector does not look at it, and the vendor's own tools do.
    if server := os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"):
        more["endpoint_override"] = server
    elif not (os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")):
        more["region"] = fs.resolve_s3_region(place.partition("/")[0])
    return fs.S3FileSystem(connect_timeout=_PATIENCE, request_timeout=60, **more), place


def _keys(system: FileSystem, place: str, chosen: Callable[[str], bool]) -> list[str]:
    from pyarrow import fs

    if any(letter in place for letter in "*?["):
        start = min(place.find(letter) for letter in "*?[" if letter in place)
        found = system.get_file_info(fs.FileSelector(place[:start].rpartition("/")[0], recursive=True))
        return sorted(each.path for each in found if each.is_file and fnmatch.fnmatchcase(each.path, place))
    info = system.get_file_info(place.rstrip("/"))
    if info.type == fs.FileType.File:
        return [info.path]
    found = system.get_file_info(fs.FileSelector(place.rstrip("/"), allow_not_found=True, recursive=True))
    return sorted(each.path for each in found if each.is_file and chosen(each.path))
