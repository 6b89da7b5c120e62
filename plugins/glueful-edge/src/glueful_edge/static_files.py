"""What Litestar's static files serve: what is meant to be public, and nothing that merely lies there.

Litestar serves every file below a folder, also ``.env`` and ``.git``, and those that a symbolic link there leads to.
"""

import errno
import os
from inspect import getclosurevars, isfunction
from pathlib import PurePath
from stat import S_ISREG
from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.file_system import FileSystemAdapter
from litestar.static_files import StaticFiles, create_static_files_router

from .errors import StaticFilesUnknown

PUBLIC_DOT_NAMES = frozenset({".well-known"})
"""Made to be public (RFC 8615)."""
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM})


class PublicFiles:
    """A file system for ``StaticFiles`` that has no file which is not public.

    Args:
        file_system: where the files are.
        folders: that are served.
        has_dot_files: whether names that begin with a dot are public.
        has_symlinks: whether symbolic links below the folders are followed, wherever they lead.
    """

    def __init__(self, file_system: Any, folders: tuple[str, ...], *, has_dot_files: bool, has_symlinks: bool) -> None:
        self._files = FileSystemAdapter(file_system)
        self._folders = folders
        self._has_dot_files = has_dot_files
        self._has_symlinks = has_symlinks

    async def info(self, path: Any, **_: Any) -> Any:
        """What is known of a file or folder.

        Raises:
            FileNotFoundError: there is none, or it is not public.
        """
        if not await sync_to_thread(self._is_public, path):
            raise FileNotFoundError(path)
        try:
            info: Any = await self._files.info(path)
        except Exception as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            if isinstance(cause, OSError) and cause.errno in _ABSENT:
                raise FileNotFoundError(path) from error
            raise
        if info["type"] == "file" and not S_ISREG(info.get("mode", 0o100000)):
            raise FileNotFoundError(path)  # a pipe or a device: reading it may never end
        return info

    async def open(self, file: Any, mode: Any, buffering: int = -1) -> Any:
        """Open a file that ``info`` has found."""
        return await self._files.open(file, mode, buffering)

    def _is_public(self, path: str) -> bool:
        if "\0" in path:
            return False
        for folder in self._folders:
            if PurePath(path).is_relative_to(folder):
                names = PurePath(path).relative_to(folder).parts
                has_hidden = any(name.startswith(".") and name not in PUBLIC_DOT_NAMES for name in names)
                if ".." in names or (has_hidden and not self._has_dot_files):
                    return False
                return self._has_symlinks or os.path.realpath(path) == str(PurePath(os.path.realpath(folder), *names))
        return False


def restrict(handler: Any) -> bool:
    """Let a handler of static files serve public files only, as its ``opt`` says; whether it is one.

    Args:
        handler: any route handler; a second call changes nothing.

    Raises:
        StaticFilesUnknown: it is one, but keeps its files in a way that is not known here.
    """
    files = _static_files_of(handler)
    if files is None:
        return False
    if not isinstance(files.adapter.file_system, PublicFiles):
        public = PublicFiles(
            files.adapter.file_system,
            tuple(map(str, files.directories)),
            has_dot_files=handler.opt.get("static_dot_files") is True,
            has_symlinks=handler.opt.get("static_symlinks") is True,
        )
        files.adapter = FileSystemAdapter(public)
    return True


def _static_files_of(handler: Any) -> StaticFiles | None:
    function = handler.fn
    if isinstance(function, StaticFiles):
        return function
    if not isfunction(function) or function.__module__ != create_static_files_router.__module__:
        return None
    files = getclosurevars(function).nonlocals.get("static_files")
    if not isinstance(files, StaticFiles):
        raise StaticFilesUnknown(str(handler))
    return files
