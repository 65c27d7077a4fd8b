"""The made-up contents of modules: small Go packages that compile and name their version."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lab.world import gomod
from lab.world.model import Content, Filler, Module
from lab.world.modpath import split_major

DEFAULT_GO = "1.16"

_KEYWORDS = frozenset(
    """break case chan const continue default defer else fallthrough for func go goto if import
    interface map package range return select struct switch type var init main""".split()  # noqa: SIM905
)


def package_name(path: str) -> str:
    """Return the package name for the root of a module: gopkg.in/yaml.v3 has `yaml`."""
    word = split_major(path)[0].rpartition("/")[2]
    word = re.sub(r"[^a-z0-9]", "", re.sub(r"^go-|[-.]go$", "", word.lower()))
    return f"pkg{word}" if not word or word[0].isdigit() or word in _KEYWORDS else word


def source(path: str, version: str, imports: Iterable[str]) -> str:
    """Return a package that tells its version and pulls in the packages of `imports`."""
    lines = "".join(f'\t_ "{name}"\n' for name in sorted(imports))
    pulled = f"import (\n{lines})\n\n" if lines else ""
    return (
        f"// Package {package_name(path)} is made up by golab in the name of {path}.\n"
        f"package {package_name(path)}\n\n{pulled}"
        "// Version says which version of the module was compiled in.\n"
        f'const Version = "{version}"\n'
    )


def required(module: Module, content: Content) -> dict[str, str]:
    """Return what a version requires: its own list, or else the module's."""
    return content.require if "require" in content.model_fields_set else module.require


def files(
    path: str, label: str, module: Module, content: Content, importable: Iterable[str]
) -> dict[str, bytes]:
    """Return the files of a module version, go.mod included unless it has none.

    Args:
        path: the module path.
        label: the version, or what else its package should call itself.
        module: for its defaults.
        content: of this version.
        importable: the required paths that its made-up package can import.
    """
    if content.files is None:
        name = f"{package_name(path)}.go"
        made = {name: source(path, label, importable).encode()}
    else:
        made = {name: _bytes(name, text) for name, text in content.files.items()}
    if content.go_mod is not False and "go.mod" not in made:
        made["go.mod"] = _go_mod(path, module, content).encode()
    return made


def served_mod(path: str, content: Content, made: Mapping[str, bytes]) -> bytes:
    """Return what a proxy serves as .mod: go.mod, or one made up for a module without."""
    if content.mod is not None:
        return content.mod.encode()
    return made.get("go.mod", f"module {path}\n".encode())


def _go_mod(path: str, module: Module, content: Content) -> str:
    if isinstance(content.go_mod, str):
        return content.go_mod
    return gomod.write(
        path,
        go=content.go or module.go or DEFAULT_GO,
        require=required(module, content),
        retract=content.retract,
        deprecated=content.deprecated,
    )


def _bytes(name: str, text: str | Filler) -> bytes:
    if isinstance(text, str):
        return text.encode()
    line = f"// {name} is made up by golab to have a size.\n".encode()
    return (line * (text.size // len(line) + 1))[: text.size]
