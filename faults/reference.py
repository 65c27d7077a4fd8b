"""The reference of all rules, written from the rules' own code: docs/faults.md and the schema."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from faults.model.action import Action, Example
from faults.model.base import dashed
from faults.model.where import FIELDS_AT, Where
from faults.registry import ACTIONS
from faults.rules import RuleFile

_FORMATS = {"date-time": "time (RFC 3339)", "ipv4": "IPv4 address", "ipv6": "IPv6 address"}


def examples() -> Iterator[tuple[str, Example]]:
    """Yield (word, example) for every example of the reference."""
    for action in ACTIONS:
        for example in action.kind.examples:
            yield dashed(action.name), example


def recipes() -> Iterator[tuple[str, str]]:
    """Yield (what is wanted, rule) for faults that are put together from the words."""
    yield from _RECIPES


def schema() -> dict[str, Any]:
    """Return the JSON Schema of rule files."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **RuleFile.model_json_schema(),
    }


def page() -> str:
    """Return the reference as Markdown."""
    parts = [_INTRODUCTION.strip(), "", *_where(), *_do(), *_put_together(), _CONTROL]
    return "\n".join(parts)


def _where() -> Iterator[str]:
    yield "## where"
    yield ""
    yield from (inspect.getdoc(Where) or "").splitlines()
    yield ""
    yield "| word | value | known from |"
    yield "| --- | --- | --- |"
    for name, field in Where.model_fields.items():
        word = field.alias or name
        known = next((str(stage) for stage, words in FIELDS_AT.items() if word in words), "-")
        yield f"| `{word}` | {field.description} | {known} |"
    yield ""


def _do() -> Iterator[str]:
    yield "## do"
    yield ""
    yield "One action, or several that can happen to the same exchange."
    layer = ""
    for action in ACTIONS:
        kind = action.kind
        if action.layer != layer:
            layer = action.layer
            yield from ("", f"### {layer}")
        yield from ("", f"#### {dashed(action.name)}", "")
        yield from (inspect.getdoc(kind) or "").splitlines()
        yield ""
        yield from _fields(kind)
        for example in kind.examples:
            yield f"- `{example.rule}`  "
            yield f"  Seen: {example.seen}  "
            yield f"  Faithful: {example.faithful}"


def _put_together() -> Iterator[str]:
    yield from ("", "## Put together", "", "| wanted | rule |", "| --- | --- |")
    for wanted, rule in recipes():
        yield f"| {wanted} | `{rule}` |"


def _fields(kind: type[Action]) -> Iterator[str]:
    if not kind.model_fields:
        yield from ("Written `true`.", "")
        return
    yield "| key | value | what |"
    yield "| --- | --- | --- |"
    for name, field in kind.model_fields.items():
        key = field.alias or name
        bare = " (may stand alone)" if name == kind.short else ""
        needed = "" if not field.is_required() else " Needed."
        value = _value(kind, key).replace("|", "\\|")
        yield f"| `{key}`{bare} | {value} | {_what(field)}{needed} |".replace("  ", " ")
    yield ""


def _what(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    said = field.description or ""
    shown = default not in (None, (), {}, "", ...) and not field.is_required()
    return f"{said} Default: {default}." if shown else said


def _value(kind: type[BaseModel], key: str) -> str:
    """Say in words what the JSON Schema says of a key."""
    whole = kind.model_json_schema()
    definitions = whole.get("$defs", {})
    full = whole["anyOf"][-1] if "anyOf" in whole else whole
    return _words(full["properties"][key], definitions)


def _words(part: dict[str, Any], definitions: dict[str, Any]) -> str:
    if "$ref" in part:
        return _words(definitions[part["$ref"].rpartition("/")[2]], definitions)
    if "enum" in part:
        return ", ".join(f"`{value}`" for value in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    if "anyOf" in part:
        forms = [_words(one, definitions) for one in part["anyOf"] if one.get("type") != "null"]
        if forms[:2] == ["number", "text"] and "pattern" in part["anyOf"][1]:
            return "seconds, or `200ms`, `1.5s`, `2m`"
        return " or ".join(dict.fromkeys(forms))
    match part.get("type"):
        case "string":
            return _FORMATS.get(part.get("format", ""), "text")
        case "array":
            return f"list of {_words(part.get('items', {}), definitions)}"
        case "object" if "properties" in part:
            return "{" + ", ".join(part["properties"]) + "}"
        case "object":
            return "mapping"
        case "integer":
            return "number"
        case other:
            return str(other or "value")


def schema_text() -> str:
    """Return the JSON Schema as text."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


_RECIPES = (
    (
        "a registry's 401 becomes an empty list",
        "{where: {endpoint: list, status: [401, 403]}, do: {respond: 200}}",
    ),
    (
        "Frankenstein: .info from A, .zip from B",
        "{where: {host: proxy.golang.org, endpoint: zip}, do: {route: goproxy.cn}}",
    ),
    ("the checksum database is down", "{where: {sni: sum.golang.org}, do: {reset: handshake}}"),
    ("its name does not resolve", "{where: {query: sum.golang.org}, do: {dns: nxdomain}}"),
    ("the proxy does not serve it", "{where: {endpoint: sumdb-supported}, do: {respond: 410}}"),
    ("it is slow", "{where: {endpoint: [sumdb-lookup, sumdb-tile]}, do: {latency: 3s}}"),
    ("a page for every URL", "{where: {endpoint: sumdb-supported}, do: {page: catch-all}}"),
    (
        "cached for too long",
        "{where: {endpoint: list}, do: {response-headers: {set: {Age: 86400}}}}",
    ),
    ("half of all downloads fail", "{where: {endpoint: zip, chance: 0.5}, do: {respond: 502}}"),
    ("bursts: two good, then 429", "{where: {endpoint: zip, after: 2}, do: {rate-limit: 30}}"),
    (
        "a forward proxy that wants a password",
        "{where: {method: CONNECT}, do: {respond: 407}}",
    ),
    ("old connections die", "{where: {age: '>60s'}, do: {reset: before-headers}}"),
    (
        "one name refuses connections",
        "{where: {query: proxy.golang.org}, do: {dns: {address: 127.0.0.66}}}",
    ),
    (
        "fine until the deployment",
        "{where: {endpoint: list, until: deployed}, do: {stale-list: '>=v1.8.0'}}",
    ),
)

_CONTROL = """
## The control socket

`--set golab_control=/run/golab.sock` makes a Unix socket that only its owner may use. Each request
is a JSON object on a line of its own, and is answered by one:

```
{"id": 1, "do": "remove", "name": "stale-list"}  ->  {"id": 1, "value": null}
{"do": "off", "name": "nobody"}                  ->  {"error": "there is no rule 'nobody'"}
```

`do` names the command, and all else but `id` is its arguments; `id` may be anything, comes back as
it was, and may be left out. After an `error` nothing has changed. In Python
`faults.control.Control` does the talking.

| command | arguments | value |
| --- | --- | --- |
| `list` | | each rule, with `on`, `acting`, `seen` (matches) and `hits` |
| `arm` | `rules`, `seed`, `on` | warnings; all rules, counters and switches anew |
| `add` | `rules`, `on` | warnings; rules of the same name are replaced |
| `remove`, `on`, `off` | `name` | null |
| `throw` | `switch` | null; rules with `until: SWITCH` act no more |
| `fired` | | how often each rule acted, by name |
| `ledger` | `after` | `records`, without the first so many, and the `total` there ever were |
| `clear` | | null; forgets the ledger's records |

Rules are written as in a rule file; with `"on": false` they wait to be switched on. Warnings say
which rules can never act, and why.
"""

_INTRODUCTION = """
<!-- Written by `golab faults docs` from the code of `faults/`; a test fails if the two differ. -->
# Fault rules

A rule says *where* (which traffic) and *do* (what happens to it):

```yaml
- name: stale-list
  where: {endpoint: [list, latest], module: github.com/spf13/cobra}
  do: {stale-list: {without: [v1.8.0]}}
- name: sni-block
  where: {sni: proxy.golang.org, chance: 0.5}
  do: {reset: handshake}
```

Rules are tried in their order, and several may act on one exchange. In a lab they stand under
`faults:` of a scenario. Without a lab, mitmdump of the same Python environment loads them, in any
of its modes:

```sh
mitmdump -s "$(golab faults path)" --set golab_rules=rules.yaml --set golab_seed=7
```

`golab faults check rules.yaml` checks a file and names the rules that can never act. A file has at
most 1 MiB, 50,000 values and 500 rules; a glob has at most 1,000 characters.
`golab faults schema` prints a JSON Schema; an editor that knows YAML's language server takes it
from a first line such as `# yaml-language-server: $schema=faults.schema.json`.

**When a rule decides.** As soon as all that `where` asks for is known and the action can still
act: at accept, at a DNS query, at the ClientHello, at a CONNECT, at a request, or at the headers of
the origin's answer. An action that comes too early for its `where` is refused when the file is
read. A rule of the request stage that answers keeps the origin from being asked.

**Counting.** `nth`, `first`, `after`, `every` and `chance` count a rule's matches from 1 since it
was armed; the same seed decides the same for the k-th match, whatever else runs at the time.

**The ledger** has every query, handshake and request in order, with what each rule did to it. A
rule that matched but changed nothing (a stale list whose versions were not listed) is no hit. A
rule that raises fails its exchange (502, SERVFAIL, RST) and leaves a record of the kind `error`.

**While traffic flows** rules can be listed, added, replaced, switched and removed: from Python
(`with faults.fault("stale-list"):`), or over a [control socket](#the-control-socket). A change is
atomic. It releases what the rule holds up, forgets what it remembered, and closes kept-alive
connections whose beginning it would have met, so that clients meet the change at once.

Times are seconds, or text such as `200ms`. In globs `*` stands for any text, slashes included.
"""
