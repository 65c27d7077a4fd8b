"""Files that somebody wrote to waste time and memory, or to make golab stumble."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import yaml

from lab.paths import scenarios_root

LARGEST = 1 << 20
"""The limit that docs/scenarios.md states, in bytes."""

_GOOD = yaml.safe_load((scenarios_root() / "auth" / "auth-fallback.yaml").read_text("utf-8"))
_RULE = "{name: r%s, where: {host: proxy.golang.org}, do: {respond: 200}}"


def anywhere() -> Iterator[tuple[str, str]]:
    """Yield (name, text) of files that are hostile whatever they are read as."""
    for base, digits in {"": "9", "0x": "f", "0": "7", "0b": "1", "-": "9", "0o": "7"}.items():
        yield f"int-of-5000-digits-{base or 'ten'}", f"id: {base}{digits * 5000}\n"
    yield "sexagesimal-int", f"id: 1{':1' * 5000}\n"
    yield "sexagesimal-long", f"id: 1{':59' * 300_000}\n"
    yield "sexagesimal-float", f"id: 1{':1' * 5000}.5\n"
    yield "float-of-5000-digits", f"id: {'9' * 5000}.{'9' * 5000}e{'9' * 5000}\n"
    for tag in ("timestamp", "int", "float", "bool", "null", "binary", "set", "omap", "pairs", "x"):
        yield f"mistagged-{tag}", f"id: !!{tag} '-'\n"
    yield "mistagged-key", "!!int x: 1\n"
    yield "own-tag", "id: !python/object:os.system [ls]\n"
    yield "word-of-30-KB", f"id: {'w' * 30_000}\n"
    yield "key-of-30-KB", f"{'identifier' * 3000}: x\n"
    yield "word-of-1-MB", f"id: {'w' * (LARGEST - 10)}\n"
    yield "unknown-keys", "".join(f"key-{number}: 1\n" for number in range(50_000))
    yield "unknown-keys-flow", "{" + ",".join(f"k{number}: " for number in range(49_000)) + "}"
    yield "half-a-million-nulls", "-\n" * (LARGEST // 2)
    yield "half-a-million-in-flow", "[" + "0," * (LARGEST // 2 - 2) + "]"
    yield "a-quarter-million-mappings", "[" + "{}," * (LARGEST // 3 - 1) + "]"
    yield "broken-at-the-end", 'a: "' + "x" * 60 + '"\nb: [' + "text, " * 170_000
    yield "broken-words", "a b c: - ? [ " * 80_000
    yield "unclosed-quotes", 'a: "' + "x\n" * (LARGEST // 2 - 10)
    yield "tabs", "a:\n" + "\t- x\n" * 200_000
    yield "nested-flow", "[" * (LARGEST - 1)
    yield "nested-flow-pairs", "{a: " * (LARGEST // 4 - 1)
    yield "nested-block", "- " * (LARGEST // 2 - 1)
    yield "nested-keys", "? " * (LARGEST // 2 - 1)
    yield "nested-indent", "".join(f"{' ' * depth}a:\n" for depth in range(1400))
    yield (
        "billion-laughs",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
            for before, name in zip("abcdefgh", "bcdefghi", strict=True)
        ),
    )
    yield "long-laughs", f"a: &a {'x' * 500_000}\nb: [{'*a,' * 40_000}]\n"
    yield "recursive-alias", "a: &a [*a]\n"
    yield "recursive-key", "&a a: {*a : *a}\n"
    yield "many-anchors", "".join(f"- &a{number} x\n" for number in range(49_000))
    yield "unknown-alias", "a: *nowhere\n"
    yield "control-characters", "id: \x1b[31mred\n"
    yield "escaped-controls", 'id: "\\e[31mred\\u202e\\0"\n'
    yield "half-a-surrogate", 'id: "\\ud800"\n'
    yield "next-line-marks", "id: a\x85b\u2028c\n"
    yield "two-documents", "--- a\n--- b\n"
    yield "directives", "%YAML 9.9\n---\nid: x\n"
    yield "directives-broken", "%YAML 1.1\n%YAML 1.1\n---\nid: x\n"
    yield "merge-key", "<<: {a: 1}\n"
    yield "value-tag", "=: x\nb: =\n"
    yield "complex-keys", "".join(f"? [{number}]\n: x\n" for number in range(20_000))
    yield "only-a-comment", "#" * (LARGEST - 1)
    yield "comments", "#\n" * (LARGEST // 2)
    yield "blank-lines", "\n" * LARGEST
    yield "too-large", "#" * (LARGEST + 1)
    yield "much-too-large", "# text\n" * (LARGEST // 3)
    yield "a-number", "7\n"


def scenarios() -> Iterator[tuple[str, str]]:
    """Yield hostile scenario files that are right but for one part."""
    for name, run in {
        "blank-command": "'   '", "tab-command": r'"\t\n"', "unbalanced-quotes": """"go 'x\"""",
        "backslash-at-the-end": r"'go x\'", "nul-command": r'"go\0list"',
        "blank-among-commands": r'[go version, "\t"]', "surrogate-command": r'"go \ud800"',
    }.items():  # fmt: skip
        yield name, scenario("replay.run", run)
        yield f"{name}-before", scenario("replay.before", run)
    for name, pattern in {
        "of-5000-parens": "(" * 5000, "of-nested-groups": "(" * 5000 + ")" * 5000,
        "of-400-groups": "(?:" * 400 + ")" * 400, "with-a-huge-count": "a{99999999999999999999}",
        "of-300-KB": "a|" * 150_000, "of-sets": "(?i)" + "[\x21-\U0010ffff]" * 100,
        "of-counts": "(((a{9999}){9999}){9999}){9999}", "with-a-bad-set": "[[a-z]",
        "that-warns": "[[a]||b--c]", "of-lookbehinds": "(?<=a" * 300 + ")" * 300,
    }.items():  # fmt: skip
        yield f"pattern-{name}", scenario("replay.broken.stdout", json.dumps(pattern))
    many = ",".join(f'"(?i)[^a]x{number}"' for number in range(40_000))
    yield "patterns-many", scenario("replay.broken.stdout", f"[{many}]")
    for number in ("9" * 4000, "0x" + "f" * 5000, "-1", "1.5e999", ".nan"):
        for place in ("replay.broken.exit", "replay.limit", "diagnostics.limit"):
            yield f"{place}-{number[:3]}", scenario(place, number)
    yield "id-long", scenario("id", "a" * 30_000)
    yield "detect-long", scenario("diagnostics.detect", f"[{'x' * 30_000}]")
    names = ", ".join(f"name-{number}" for number in range(40_000))
    yield "detect-many", scenario("diagnostics.detect", f"[{names}]")
    yield "detect-the-same", scenario("diagnostics.detect", f"[{'auth-parity,' * 40_000}]")
    yield "story-word", scenario("story", "w" * 900_000)
    yield "command-word", scenario("replay.run", f"'echo {'w' * 900_000}'")
    yield "command-word-of-any-length", scenario("replay.run", f"'echo {'w' * 131_000}'")
    yield "story-path", scenario("story", "a/" * 100_000 + "a")
    paths = ", ".join(f"{number}/{'/'.join('b' * 90)}" for number in range(5000))
    yield "hints-paths", scenario("hints", f"[{paths}]")
    yield "rules-4000", scenario("faults", f"[{','.join(_RULE % n for n in range(4000))}]")
    yield "rules-same-name", scenario("faults", f"[{(_RULE % 1 + ',') * 4000}]")
    globs = ",".join(f"z*{number}" for number in range(20_000))
    texts = ",".join(f"a.test/x{number}" for number in range(20_000))
    yield (
        "rules-globs",
        scenario(
            "faults", f"[{{name: x, where: {{module: [{globs}]}}, do: {{respond: 410}}}}]"
        ).replace('"hints": [', f'"hints": [{texts},'),
    )
    for name, where in {
        "glob-long": f"module: '{'*a' * 200_000}'", "glob-unclosed": f"path: '{'[' * 500_000}'",
        "range-long": f"version: '{'>=v1.0.0 ' * 50_000}'",
    }.items():  # fmt: skip
        rule = f"{{name: x, where: {{{where}}}, do: {{respond: 410}}}}"
        yield name, scenario("faults", f"[{rule}]")
    for name, variant in {
        "variants": "{silent: true}", "variants-broken": "{replay: {broken: {exti: 0}}}",
        "variants-with-rules": f"{{faults: [{_RULE % 1}]}}",
    }.items():  # fmt: skip
        text = ",".join(f"v{number}: {variant}" for number in range(9000))
        yield name, scenario("variants", f"{{{text}}}")
    values = ", ".join(map(str, range(50)))
    tokens = ", ".join(['"{a}"'] * 40_000)
    yield "matrix-many-places", _with_matrix(scenario("hints", f"[{tokens}]"), f"a: [{values}]")
    grown = f"a: [{'w' * 60}, {'v' * 1000}]"
    yield "matrix-grown", _with_matrix(scenario("hints", f"['{'{a}' * 100_000}']"), grown)
    axes = ", ".join(f"a{axis}: [{values}]" for axis in range(6))
    yield "matrix-many-combinations", _with_matrix(scenario("story", "x"), axes)
    modules = ", ".join(f'"x{n}.test/{{a}}": {{versions: [v1.0.0]}}' for n in range(1990))
    worlds_ = scenario("world.modules", f"{{{modules}}}")
    yield "matrix-of-worlds", _with_matrix(worlds_, f"a: [{values}]")
    patterns = ", ".join(f'"{"*-" * 90}*{n}": {{}}' for n in range(49))
    yield "matrix-patterns", _with_matrix(scenario("variants", f"{{{patterns}}}"), f"a: [{values}]")
    spans = ", ".join(["{since: '1.1', silent: true}"] * 9000)
    yield "go-many", scenario("go", f"[{spans}]")
    logins = ",".join(f"h{number}: x" for number in range(20_000))
    yield "netrc-many", scenario("client.netrc", f"{{{logins}}}")
    yield "netrc-lines", scenario("client.netrc", r'{"proxy.corp.example:1\nmachine x": valid}')
    yield "resolver-long", scenario("client.resolver", "x" * 30_000)
    yield "env-nul", scenario("client.env.A", r'"a\0b"')
    for name, file in {
        "empty": "''", "dot": "'.'", "slash": "a/", "twice": "a//b", "nul": r'"a\0b"',
        "long": "x" * 300, "deep": "a/" * 3000 + "a", "above": "a/../../x",
        "file-and-folder": "go.mod/a", "surrogate": r'"\ud800"',
    }.items():  # fmt: skip
        yield f"project-{name}", scenario("client.project", f"{{go.mod: x, {file}: x}}")
    for name, text in worlds():
        yield f"world-{name}", scenario("world", _flow(text))


def worlds() -> Iterator[tuple[str, str]]:
    """Yield hostile world files."""
    long = "/".join("a" * 100_000)
    yield "module-path-long", f"modules: {{x.test/{long}: [v1.0.0]}}\n"
    yield "module-word-long", f"modules: {{x.test/{'w' * 200_000}: [v1.0.0]}}\n"
    yield "version-long", f"modules: {{x.test/a: [v1.{'9' * 5000}.0]}}\n"
    yield "version-prerelease", f"modules: {{x.test/a: [v1.0.0-{'9' * 5000}]}}\n"
    yield "major-long", f"modules: {{x.test/a/v{'9' * 150}: [v{'9' * 150}.0.0]}}\n"
    yield "gopkg-major-long", f"modules: {{gopkg.in/a.v{'9' * 5000}: [v1.0.0]}}\n"
    yield (
        "retract-long",
        f"modules: {{x.test/a: {{versions: {{v1.0.0: {{retract: [v{'9' * 5000}.0.0]}}}}}}}}\n",
    )
    yield (
        "files-deep",
        f"modules: {{x.test/a: {{versions: {{v1.0.0: {{files: {{{long}: x}}}}}}}}}}\n",
    )
    yield (
        "files-many",
        "modules: {x.test/a: {versions: {v1.0.0: {files: {"
        + "".join(f"a/{number}/b: x, " for number in range(40_000))
        + "}}}}}\n",
    )
    yield (
        "file-huge",
        "modules: {x.test/a: {versions: {v1.0.0: {files: {a: {size: 99999999999}}}}}}\n",
    )
    yield (
        "modules-many",
        "modules:\n" + "".join(f"  x{n}.test/a: [v1.0.0]\n" for n in range(20_000)),
    )
    for count in (1990, 8000):  # below and above the limit
        for name, module in {
            "nested": "x.test/a/b{n}: {root: x.test/a, versions: {v1.0.0: {files: {a: x}}}}",
            "missing": "x{n}.test/a: {require: {y{n}.test/b: v1.0.0}, versions: [v1.0.0]}",
            "chain": "x{n}.test/a: {require: {x{next}.test/a: v1.0.0}, versions: [v1.0.0]}",
            "forge": "github.com/a/b/c{n}: {versions: {v1.0.0: {files: {a/c/d: x}}}}",
        }.items():
            lines = (
                module.replace("{n}", str(n)).replace("{next}", str((n + 1) % count))
                for n in range(count)
            )
            yield f"modules-{name}-{count}", "modules:\n" + "".join(f"  {line}\n" for line in lines)
    nested = ", ".join(f"x.test/a/c{n}/d: [v1.0.0]" for n in range(1900))
    files = ", ".join(f"b{n}/c: x" for n in range(8000))
    yield (
        "files-and-nested",
        (f"modules: {{x.test/a: {{versions: {{v1.0.0: {{files: {{{files}}}}}}}}}, {nested}}}\n"),
    )
    yield (
        "versions-many",
        f"modules: {{x.test/a: [{','.join(f'v1.0.{n}' for n in range(40_000))}]}}\n",
    )
    yield "versions-twice", f"modules: {{x.test/a: [{'v1.0.0,' * 40_000}]}}\n"
    yield "hosts-1990", f"hosts: [{','.join(f'h{n}.test' for n in range(1990))}]\n"
    yield "hosts-many", f"hosts: [{','.join(f'h{n}.test' for n in range(45_000))}]\n"
    yield "hosts-twice", f"hosts: [{'h.test,' * 45_000}]\n"
    yield (
        "time-long",
        f"modules: {{x.test/a: {{versions: {{v1.0.0: {{time: '{'2' * 30_000}'}}}}}}}}\n",
    )
    yield (
        "time-edge",
        "modules: {x.test/a: {versions: {v1.0.0: {time: '2199-12-31T23:59:59-23:59'}}}}\n",
    )
    yield (
        "time-first",
        "modules: {x.test/a: {versions: {v1.0.0: {time: '1970-01-01T00:00:00+23:59'}}}}\n",
    )
    yield "sumdb-size", f"sumdb: {{size: {'9' * 4000}}}\n"
    yield "toolchains", f"toolchains: [{','.join(f'go1.{n}' for n in range(45_000))}]\n"
    yield (
        "surrogate-file",
        'modules: {x.test/a: {versions: {v1.0.0: {files: {a.go: "\\ud800"}}}}}\n',
    )


def rules() -> Iterator[tuple[str, str]]:
    """Yield hostile rule files."""
    yield "rules-4000", "".join(f"- {_RULE % n}\n" for n in range(4000))
    yield "rules-490", "".join(f"- {_RULE % n}\n" for n in range(490))
    yield "rules-unnamed", "- {do: {respond: 200}}\n" * 16_000
    yield "rules-of-nothing", "- {}\n" * 40_000
    yield "rules-of-numbers", "[" + "1," * 45_000 + "]"
    yield "rules-all-wrong", "- {do: {respond: {status: x, headers: 7}}, where: {nth: x}}\n" * 8000
    for key, value in {
        "version": f"'>=v{'9' * 5000}.0.0'", "status": "9" * 4000, "port": "0x" + "f" * 5000,
        "age": f"'>{'9' * 5000}s'", "until": "'" + "9" * 5000 + "s'", "chance": "9" * 400,
        "nth": f"[{'1,' * 40_000}]", "path": f"'{'*' * 900_000}'", "host": f"'{'[a]' * 300_000}'",
        "header": "{" + ",".join(f"h{number}: x" for number in range(40_000)) + "}",
        "module": f"[{','.join(f'a{number}*' for number in range(40_000))}]",
        "first": "9" * 4299, "query": f"'{':/' * 200_000}'",
    }.items():  # fmt: skip
        yield f"where-{key}", f"- {{where: {{{key}: {value}}}, do: {{respond: 410}}}}\n"
    for name, do in {
        "status": "respond: " + "9" * 4000, "body": f"respond: {{body: {{file: {'a/' * 5000}}}}}",
        "headers": "response-headers: {set: {A: 0x" + "f" * 5000 + "}}",
        "unknown": f"{'respond' * 4000}: 200", "address": f"dns: {{address: [{'::,' * 40_000}]}}",
        "as-of": f"stale-list: {{as-of: '{'2' * 30_000}'}}", "delay": f"latency: {'9' * 4000}",
        "time": "info: {time: 0000-00-00T00:00:00Z}", "number": f"limit-data: {'9' * 4200}",
    }.items():  # fmt: skip
        yield f"do-{name}", f"- {{do: {{{do}}}}}\n"
    yield (
        "stale-lists",
        "".join(
            f"- {{where: {{endpoint: list}}, do: {{stale-list: '>=v1.{n}.0 <v1.0.0'}}}}\n"
            for n in range(490)
        ),
    )
    yield (
        "paths",
        "".join(
            f"- {{where: {{endpoint: list, path: '{'*a?' * 30}{n}'}}, do: {{respond: 410}}}}\n"
            for n in range(490)
        ),
    )


def scenario(place: str, text: str) -> str:
    """Return a good scenario file with `text`, YAML's flow style, at `place`, such as `a.b`."""
    data = copy.deepcopy(_GOOD)
    *above, last = place.split(".")
    inside = data
    for key in above:
        inside = inside.setdefault(key, {})
    inside[last] = "@@"
    return json.dumps(data).replace('"@@"', text)


def _with_matrix(text: str, axes: str) -> str:
    return f"{text[:-1]}, matrix: {{{axes}}}}}"


def _flow(text: str) -> str:
    """Put a world file of block style into flow style."""
    lines = text.split("\n")
    if lines[0].endswith(":"):
        return f"{{{lines[0]} {{{','.join(line.strip() for line in lines[1:] if line)}}}}}"
    return f"{{{text.strip()}}}"
