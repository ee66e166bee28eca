"""Write files and folders whole or not at all.

Everything is written under a temporary name beside its place, flushed to the disk and renamed. Whatever
kills the process, the place holds the old content or the new, never a mixture.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from builders.errors import OutputError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_file(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write one file whole or not at all. What is no file (a pipe, a device) is written into, never replaced.

    Args:
        path: The file; its folder is made where it is missing. Where it is a link, what that leads to.
        data: All of its content.
        force: Replace a file that is there.

    Raises:
        OutputError: if it is there and `force` is not given, or it cannot be written.
    """
    if _is_special(path):
        with _errors(path), path.open("wb", buffering=0) as stream:
            stream.write(data)
        return
    path = _place(path)
    if path.is_dir():
        raise OutputError("there is a folder of that name", where=str(path))
    if path.exists() and not force:
        raise _exists(path)
    with _errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _clean_up(path)
        temporary = _temporary(path)
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync(path.parent)


@contextmanager
def replaced_folder(
    path: Path, *, force: bool = False, ours: Callable[[Path], bool] | None = None
) -> Generator[Path]:
    """Give an empty folder to write into, and put it in its place when the block ends without an error.

    Args:
        path: The folder's place; its parents are made where they are missing. An empty folder may be there.
        force: Replace a folder that holds something.
        ours: Whether a folder holds what this program wrote; no other folder is ever replaced, and none at all
            where this is not given.

    Yields:
        The folder to write into.

    Raises:
        OutputError: if the place is taken and may not be replaced, or something cannot be written. What was
            there is left as it was.
    """
    path = _place(path)
    _refuse_taken(path, force=force, ours=ours)
    with _errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _clean_up(path)
        temporary = _temporary(path)
        temporary.mkdir()
        try:
            yield temporary
            for entry in [*temporary.rglob("*"), temporary]:
                _sync(entry)
            _swap(temporary, path)
            _sync(path.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)  # after a swap this is the old folder


def _is_special(path: Path) -> bool:
    """Return whether something is there that is neither a file nor a folder."""
    try:
        mode = path.expanduser().stat().st_mode
    except (OSError, RuntimeError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _place(path: Path) -> Path:
    """Return where a path leads, so that replacing a link's target leaves the link alone.

    Raises:
        OutputError: if it has no name that could be replaced, such as ``/``.
    """
    with _errors(path):
        path = path.expanduser().resolve()
    if not path.name:
        raise OutputError("this place cannot be written as a whole", where=str(path))
    return path


def _refuse_taken(path: Path, *, force: bool, ours: Callable[[Path], bool] | None) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise OutputError("there is a file of that name", where=str(path), help="give another folder")
    with _errors(path):
        empty = not any(path.iterdir())
    if empty:
        return
    if ours is None or not ours(path):
        raise OutputError(
            "the folder holds files that were not written by this command",
            where=str(path),
            help="give a new or an empty folder",
        )
    if not force:
        raise _exists(path)


def _exists(path: Path) -> OutputError:
    return OutputError("it is there already", where=str(path), help="add --force to replace it")


@contextmanager
def _errors(path: Path) -> Generator[None]:
    """Turn what the operating system says into an error that names the place and what to do."""
    try:
        yield
    except OSError as error:
        where = str(path)
        if error.errno in _FULL:
            raise OutputError(
                "the disk is full; what was there before is unchanged", where=where, help="free some space"
            ) from error
        raise OutputError(f"could not be written: {error.strerror or error}", where=where) from error
    except RuntimeError as error:  # a loop of links, or a home that does not exist
        raise OutputError(f"could not be written: {error}", where=str(path)) from error


def _host() -> str:
    return re.sub(r"[^A-Za-z0-9]", "", socket.gethostname())[:32] or "host"


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp-{_host()}-{os.getpid()}-{secrets.token_hex(4)}")


def _clean_up(path: Path) -> None:
    """Remove what killed processes of this machine left beside `path`, and bring back what they moved away."""
    pattern = re.compile(re.escape(f".{path.name}.tmp-{_host()}-") + r"(\d+)-[0-9a-f]{8}(\.old)?")
    for entry in sorted(path.parent.iterdir()):
        match = pattern.fullmatch(entry.name)
        if match is None or _is_alive(int(match[1])):
            continue
        if match[2] and not path.exists():
            entry.rename(path)
        elif entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":  # signal 0 would end the process there
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _sync(path: Path) -> None:
    """Flush a file or a folder to the disk; some systems cannot flush folders, and need not."""
    if path.is_dir() and sys.platform == "win32":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _swap(new: Path, place: Path) -> None:
    """Put `new` in its place in one step; afterwards `new` is the old folder, if there was one."""
    if not place.exists() or not any(place.iterdir()):
        with contextlib.suppress(FileNotFoundError):
            place.rmdir()  # an empty one, which a rename does not replace everywhere
        new.rename(place)
    elif not _exchange(new, place):
        # No system call swaps two folders here. Between these two renames the place is empty and the old
        # folder stands whole under its temporary name.
        old = new.with_name(f"{new.name}.old")
        place.rename(old)
        try:
            new.rename(place)
        except OSError:
            old.rename(place)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two folders in one system call; return False where the system or the disk knows none."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True) if sys.platform != "win32" else None
    names = os.fsencode(first), os.fsencode(second)
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
        failed = library.renameat2(here, names[0], here, names[1], exchange)
    elif sys.platform == "darwin" and hasattr(library, "renamex_np"):
        failed = library.renamex_np(*names, 2)  # RENAME_SWAP
    else:
        return False
    if not failed:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number))
