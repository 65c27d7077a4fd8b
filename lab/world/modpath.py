"""Module paths and their escaping on the wire and on disk (golang.org/x/mod/module)."""

from __future__ import annotations

import re

from faults.goproto import semver

# Ours, not Go's: what a file system takes as one name, with room for what is added to it.
MAX_LENGTH = 200

_RESERVED = {"con", "prn", "aux", "nul"} | {f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10)}
_PATH_ELEMENT = re.compile(r"[A-Za-z0-9._~-]+")
_FILE_PUNCTUATION = frozenset("!#$%&()+,-.=@[]^_{}~ ")
_TILDE_NUMBER = re.compile(r"~[0-9]+$")
_ESCAPED = re.compile(r"![a-z]|[^!A-Z\x80-\U0010ffff]")
_MAJOR = re.compile(r"/v([0-9.]+)$")
_GOPKG_MAJOR = re.compile(r"\.v(0|[1-9][0-9]*)(-unstable)?$")


def path_problem(path: str) -> str:
    """Say why `path` is no module path (module.CheckPath); "" if it is one."""
    if not path:
        return "is empty"
    if len(path) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    for element in path.split("/"):
        if problem := _element_problem(element):
            return problem
        if element[0] == ".":
            return f"has an element that begins with a dot, {element!r}"
        if not _PATH_ELEMENT.fullmatch(element):
            return f"has a character in {element!r} that only file names may have"
        if _TILDE_NUMBER.search(element.partition(".")[0]):
            return f"has an element that looks like a Windows short name, {element!r}"
    host = path.partition("/")[0]
    if "." not in host:
        return f"must begin with a domain name; {host!r} has no dot"
    if not re.fullmatch(r"[a-z0-9.][a-z0-9.-]*", host):
        return f"must begin with a domain name in lower case, not {host!r}"
    if host == "gopkg.in":
        return "" if _GOPKG_MAJOR.search(path) else "must end in .vN, as all of gopkg.in does"
    major = _MAJOR.search(path)
    if major and not re.fullmatch(r"[2-9]|[1-9][0-9]+", major[1]):
        return f"must not end in /v{major[1]}; v0 and v1 have no suffix, later ones /v2, /v3 …"
    return ""


def file_problem(name: str) -> str:
    """Say why `name` cannot be a file of a module (module.CheckFilePath); "" if it can."""
    if not name:
        return "is empty"
    if len(name) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    for element in name.split("/"):
        if problem := _element_problem(element):
            return problem
    return ""


def _element_problem(element: str) -> str:
    if not element:
        return "has an empty element (a slash too many)"
    if element.strip(".") == "":
        return f"has an element made of dots, {element!r}"
    if element[-1] == ".":
        return f"has an element that ends in a dot, {element!r}"
    for char in element:
        if not (char.isalpha() or char in "0123456789" or char in _FILE_PUNCTUATION):
            return f"has the character {char!r}, which Go does not allow there"
    if element.partition(".")[0].lower() in _RESERVED:
        return f"has an element that Windows reserves, {element!r}"
    return ""


def split_major(path: str) -> tuple[str, int]:
    """Split a valid path into its prefix and its major version (1 where v0 and v1 share it)."""
    found = (_GOPKG_MAJOR if path.startswith("gopkg.in/") else _MAJOR).search(path)
    return (path[: found.start()], int(found[1])) if found else (path, 1)


def version_problem(path: str, version: str) -> str:
    """Say why a module of this path cannot have this version (module.Check); "" if it can."""
    if len(version) > MAX_LENGTH:
        return f"is longer than {MAX_LENGTH} characters"
    parts = semver.parse(version)
    if parts is None:
        hint = "; write v in front" if semver.parse("v" + version) else ""
        return f"{version!r} is not a semantic version like v1.2.3{hint}"
    if parts.build not in ("", "+incompatible"):
        return f"{version!r} has build metadata, which Go drops; leave out {parts.build!r}"
    prefix, major = split_major(path)
    if path.startswith("gopkg.in/"):
        wanted, fits = f"v{major}", parts.major == major or version.startswith("v0.0.0-")
    elif path == prefix:
        wanted, fits = "v0 or v1", parts.major < 2 or bool(parts.build)
        if not fits:
            return (
                f"{version!r} does not fit the path; name the module {path}/v{parts.major}, "
                f"or the version {version}+incompatible"
            )
    else:
        wanted, fits = f"v{major}", parts.major == major and not parts.build
    if parts.build and parts.major < 2:
        return f"{version!r} cannot be +incompatible; only v2 and later can"
    return "" if fits else f"{version!r} does not fit the path, which wants {wanted}"


def escape(text: str) -> str:
    """Write each capital as an exclamation mark and the small letter (module.EscapePath)."""
    return re.sub("[A-Z]", lambda found: "!" + found[0].lower(), text)


def unescape(text: str) -> str | None:
    """Undo `escape`; None where the text was not escaped (a capital, a stray `!`, not ASCII)."""
    parts = _ESCAPED.findall(text)
    if sum(map(len, parts)) != len(text):
        return None
    return "".join(part[1].upper() if len(part) == 2 else part for part in parts)
