"""Takes out of a diagnosis whatever is a secret of this machine, wherever it has got to."""

from __future__ import annotations

import dataclasses
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeVar
from urllib.parse import quote, unquote

T = TypeVar("T")

_SHORTEST = 4
"""Characters; what is shorter would be found in any text, and protects nothing."""
_LOGIN = re.compile(r"://((?:(?!://).)*)@", re.DOTALL)
"""What stands before the last `@` of a URL: a password may have any character, and split it."""
_SPLITS = re.compile(r"[,|/?#@]")
_NAMES = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|_PAT$|API_?KEY|PRIVATE_KEY", re.IGNORECASE
)


def secrets(env: Mapping[str, str], settings: Mapping[str, str], netrc: str) -> list[str]:
    """Return what is not to be shown, the longest first.

    Args:
        env: the environment.
        settings: what `go env` reports.
        netrc: the text of .netrc.
    """
    found = set(_of_netrc(netrc))
    for name, value in (*env.items(), *settings.items()):
        found |= set(_of_urls(value))
        if _NAMES.search(name) and "/" not in value:
            found.add(value)
    forms = {form for secret in found for form in _forms(secret)}
    whole = {form for form in forms if len(form) >= _SHORTEST}
    return sorted(whole | set(_halves((*env.values(), *settings.values()))), key=len, reverse=True)


def _forms(secret: str) -> Iterator[str]:
    """Yield what a secret looks like in a URL, and between quotes."""
    for form in (secret, unquote(secret), quote(secret, safe="")):
        yield from (form, json.dumps(form, ensure_ascii=False)[1:-1])


def _halves(values: Iterable[str]) -> Iterator[str]:
    """Yield what is printed of a password that a comma, a slash or their like splits, if short."""
    for value in values:
        for match in _LOGIN.finditer(value):
            _, _, password = match[1].partition(":")
            first, *others = _SPLITS.split(password)
            if others and first:
                yield from (f":{first}", f"'{first}'")
            if others and others[-1]:
                yield f"{others[-1]}@"


def _of_urls(value: str) -> Iterator[str]:
    for match in _LOGIN.finditer(value):
        user, _, password = match[1].partition(":")
        yield from (password, *_SPLITS.split(password)) if password else (user,)
        if password:
            yield b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()


def _of_netrc(text: str) -> Iterator[str]:
    words = text.split()
    login = ""
    for word, value in pairwise(words):
        if word == "login":
            login = value
        if word == "password":
            yield value
            yield b64encode(f"{login}:{value}".encode()).decode()


def without(data: T, hidden: Iterable[str]) -> T:
    """Return data, of texts in dataclasses and tuples, in which no secret stands."""
    pattern = "|".join(map(re.escape, hidden))
    return _without(data, re.compile(pattern)) if pattern else data


def _without(data: Any, pattern: re.Pattern[str]) -> Any:
    match data:
        case str():
            return pattern.sub("…", data)
        case tuple():
            return tuple(_without(item, pattern) for item in data)
    if dataclasses.is_dataclass(data) and not isinstance(data, type):
        values = {field.name: getattr(data, field.name) for field in dataclasses.fields(data)}
        return dataclasses.replace(
            data, **{name: _without(value, pattern) for name, value in values.items()}
        )
    return data
