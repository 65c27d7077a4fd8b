"""The zip of a module version, as go reads it (x/mod/zip)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.diagnostics.reply import Reply
from lab.diagnostics.view import GoView
from lab.world.modzip import h1

_MOST = 64 << 20
"""Bytes, unpacked, of what is looked into."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Archive:
    """What is in a zip: `files` by their names below `module@version/`.

    `wrong` is what go would not take; `sum`, its h1, '' where that cannot be had; `cut`, whether
    the zip is larger than what is kept of it.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()
    sum: str = ""
    cut: bool = False


def fetched(view: GoView, reply: Reply, module: str, version: str, limit: float) -> Archive:
    """Open the zip of a reply; one that is too large to be kept, go fetches to disk and hashes.

    Of such a one `files` has go.mod alone.
    """
    archive = opened(reply, module, version)
    if not archive.cut or not view.machine.has("go"):
        return archive
    with view.machine.scratch() as place:
        env = {
            "GOPATH": f"{place}/gopath",
            "GOMODCACHE": f"{place}/mod",
            "GOFLAGS": "-modcacherw",
            "GOWORK": "off",
            "GOTOOLCHAIN": "local",
            "GOSUMDB": "off",  # whether others have the same is asked by who compares
        }
        argv = ["go", "mod", "download", "-json", "--", f"{module}@{version}"]
        done = view.machine.run(argv, limit=limit, env=env, cwd=place)
        try:
            said = json.loads(done.stdout)
        except ValueError:
            return archive
        sum_, folder = str(said.get("Sum", "")), str(said.get("Dir", ""))
        if done.exit or not sum_:
            return archive
        found = view.machine.read([f"{folder}/go.mod"]).found
        return Archive({name.rpartition("/")[2]: text for name, text in found.items()}, (), sum_)


def opened(reply: Reply, module: str, version: str) -> Archive:
    """Open the zip of a reply."""
    if reply.cut:
        return Archive(cut=True)
    prefix = f"{module}@{version}/"
    whole: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(reply.body)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MOST:
                return Archive(cut=True)
            for entry in archive.infolist():
                if not entry.is_dir():
                    whole[entry.filename] = _read(archive, entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        return Archive(wrong=(f"the zip is none: {error}",))
    except Exception as error:  # noqa: BLE001 - zlib and others have errors of their own
        return Archive(wrong=(f"the zip cannot be unpacked: {error}",))
    wrong = [f"the zip has {name}" for name in whole if not name.startswith(prefix)][:1]
    lower = [name.lower() for name in whole]
    if len(set(lower)) < len(lower):
        wrong.append("the zip has names that differ in their case only")
    if not whole:
        wrong.append("the zip is empty")
    files = {name.removeprefix(prefix): data for name, data in whole.items()}
    return Archive(files, tuple(wrong), h1(whole))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Unpack as much of an entry as its size says, however much there is."""
    if entry.compress_type not in _METHODS:
        raise NotImplementedError("a method of compression that go does not know")
    with archive.open(entry) as file:
        return file.read(entry.file_size + 1)
