"""Changes a YAML file and leaves the rest as it is: comments, order, quotes, line breaks."""

from __future__ import annotations

import difflib
import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from faults.source import Loc


def changed(text: str, values: Mapping[Loc, Any]) -> str:
    """Return the text of a YAML file with other values at some places.

    Args:
        text: the file.
        values: place -> new value, None to take it away; mappings above it are made as needed.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 20
    yaml.indent(mapping=2, sequence=4, offset=2)
    data = yaml.load(text)
    before = _dumped(yaml, data)
    for loc, value in values.items():
        _put(data, loc, value)
    return _merged(text, before, _dumped(yaml, data))


def _dumped(yaml: YAML, data: Any) -> str:
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _put(data: Any, loc: Loc, value: Any) -> None:
    for key in loc[:-1]:
        if isinstance(data, CommentedMap) and data.get(key) is None:
            data[key] = CommentedMap()
        data = data[key]
    last = loc[-1]
    if value is None:
        data.pop(last, None)
        return
    old = data.get(last) if isinstance(data, CommentedMap) else data[last]
    shared = getattr(old, "anchor", None) is not None and old.anchor.value is not None
    if isinstance(old, CommentedMap) and isinstance(value, dict) and not shared:
        for key in [key for key in old if key not in value]:
            del old[key]
        for key, part in value.items():
            if old.get(key) != part:
                old[key] = _flow(part)
    elif isinstance(old, CommentedSeq) and isinstance(value, list) and not shared:
        for index in reversed(range(len(old))):
            if old[index] not in value:
                del old[index]
        old.extend(item for item in value if item not in old)
    elif last == "silent" and old is None and "replay" in data:
        data.insert([*data].index("replay") + 1, last, value)
    else:
        data[last] = _flow(value)


def _flow(value: Any) -> Any:
    """Return data that is written in YAML's flow style."""
    if isinstance(value, dict):
        found = CommentedMap({key: _flow(part) for key, part in value.items()})
        found.fa.set_flow_style()
        return found
    if isinstance(value, list):
        items = CommentedSeq(map(_flow, value))
        items.fa.set_flow_style()
        return items
    return value


def _merged(text: str, before: str, after: str) -> str:
    """Lay what differs from `before` to `after` over `text`, of which `before` is a rewording."""
    lines, old, new = (part.splitlines(keepends=True) for part in (text, before, after))
    blocks = difflib.SequenceMatcher(None, lines, old, autojunk=False).get_opcodes()
    changes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    found: list[str] = []
    for kind, start, end, new_start, new_end in changes:
        if kind != "equal":
            found += new[new_start:new_end]
            continue
        for what, a, b, c, d in blocks:
            low, high = max(c, start), min(d, end)
            if what == "equal" and low < high:
                found += lines[a + low - c : a + high - c]
            elif what == "delete" and (start <= c < end or c == end == len(old)):
                found += lines[a:b]
            elif what in ("replace", "insert") and low < high:
                # A part that is worded otherwise stays as it is if none of it is changed.
                whole = low == c and high == d
                found += lines[a:b] if whole else old[low:high]
    return "".join(found)
