"""What is wrong with a scenario file is said in one line: file:line:column, and the right word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lab.errors import ScenarioError, UsageError
from lab.paths import scenarios_root
from lab.scenario.load import catalogue, load, select
from tests.lab.golab import golab

GOOD = (scenarios_root() / "auth" / "auth-fallback.yaml").read_text(encoding="utf-8")

LINE = "go list -m -versions git.corp.example/lib"


def problems(tmp_path: Path, text: str | bytes) -> list[str]:
    file = tmp_path / "mine.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ScenarioError) as caught:
        load(file, name="mine.yaml")
    return caught.value.problems


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_file_that_lacks_only_its_record_is_led_to_record(tmp_path: Path) -> None:
    fresh = re.sub(r"^(  healthy|  broken|silent): .*\n", "", GOOD, flags=re.MULTILINE)
    said = problems(tmp_path, fresh)
    assert said[-1].endswith(f"; `golab record {tmp_path / 'mine.yaml'}` writes what it measures")
    said = problems(tmp_path, fresh.replace("lesson: >", "leson: >"))
    assert not any("golab record" in line for line in said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lesson: >", "leson: >", "unknown key 'leson'; did you mean 'lesson'?"),
        ("family: auth", "family: aut", "'aut' is not known here; did you mean 'auth'?"),
        ("version: v1.1.0}", "version: v1.1.O}", "no version 'v1.1.O' in this world; did you mean"),
        ("  healthy: {exit: 0,", "  heathly: {exit: 0,", "the key 'healthy' is missing"),
        ("  broken: {exit: 0,", "  borken: {exit: 0,", "unknown key 'borken'; did you mean 'brok"),
        ("silent: true", "silent: perhaps", "must be true or false, not 'perhaps'"),
        ("{exit: 0, stdout: '^git", "{exit: 0, stdout: '[git", "not a regular expression"),
        ("article: silent-symptoms", "article: silent-symptom", "did you mean 'silent-symptoms'?"),
        ("article: silent-symptoms", "article: silent-symptom", "your own as {title: …, url: …}"),
        (
            "article: silent-symptoms",
            "title: x, article: silent-symptoms",
            "cite either an `article`",
        ),
        (
            "article: silent-symptoms",
            "article: silent-symptoms, url: 'https://a.test'",
            "cite either an",
        ),
        ("{article: silent-symptoms, ", "{", "cite either an `article` by its name or a `title`"),
        ("article: silent-symptoms", "title: x, url: a.test", "must match the pattern"),
        (f"run: {LINE}", "run: [{exit: 1, run: go list}]", "stands beside `run`, in `healthy`"),
        ("[version-list-plausible,", "[version-list-plausble,", "did you mean 'version-list-plaus"),
        ("proxy.corp.example: expired", "proxy.corp.example: expird", "did you mean 'expired'?"),
        ("do: {auth-fallback:", "do: {auth-falback:", "did you mean 'auth-fallback'?"),
        ("where: {host:", "where: {hots:", "did you mean 'host'?"),
        ("status: [401, 403]", "status: [401, many]", "many"),
        ("module: git.corp.example/lib,", "module: git.corp.example/lob,", "no module"),
        ("env: {GOPROXY", "env: {HOME", "HOME belongs to the lab"),
        (
            "env: {GOPROXY",
            "env: {GOENV: /etc/env, GOPROXY",
            "GOENV is `off`, empty, or",
        ),
        ("env: {GOPROXY", "env: {GOCACHE: ~/../x, GOPROXY", "GOCACHE is `off`, empty, or begins"),
        ("    go.mod: |", "    a: {base64: '%'}\n    go.mod: |", "not base64"),
        ("    go.mod: |", "    a: {}\n    go.mod: |", "a file has either `text` or `base64`"),
        (
            "    go.mod: |",
            "    a: {text: '', base64: ''}\n    go.mod: |",
            "either `text` or `base64`",
        ),
        (
            "  project:\n",
            "  files: {a/../b: x}\n  project:\n",
            "path inside the client's home",
        ),
        ("    go.mod: |", "    ../go.mod: |", "is not a path inside the project"),
        ("id: auth-fallback", "id: Auth Fallback", "must match the pattern"),
        ("  run: go list", "  limit: -1\n  run: go list", "greater than 0"),
        (
            'GOPROXY: "https://proxy.corp.example"',
            'GOPROXY: "https://goproxy.cn|https://u:p@proxy.corp.exmple:443/go,direct"',
            "GOPROXY: no host of this world is 'proxy.corp.exmple'; did you mean",
        ),
        (
            "  client: {netrc: {proxy.corp.example: valid}}",
            "  client: {env: {GOPROXY: 'https://nowhere.test'}}",
            "GOPROXY: no host of this world is 'nowhere.test'",
        ),
        (
            "  project:\n",
            "  resolver: timout:1\n  project:\n",
            "'timout:1' is no option of resolv.conf; did you mean 'timeout'?",
        ),
        (
            "  project:\n",
            "  resolver: attempts\n  project:\n",
            "'attempts' needs a number, such as",
        ),
        (
            "  project:\n",
            "  resolver: rotate:1\n  project:\n",
            "'rotate:1' has a number, and rotate",
        ),
        (
            "    where: {host:",
            "    where: {module: git.corp.example/lip, host:",
            "no module of this world, nor of this file, is 'git.corp.example/lip'; did you mean",
        ),
        (
            "    where: {host:",
            "    where: {module: 'github.com/nobody/*', host:",
            "no module of this world, nor of this file, is 'github.com/nobody/*'",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert GOOD.count(old) >= 1
    text = GOOD.replace(old, new, 1)
    found = problems(tmp_path, text)
    assert any(said in problem for problem in found), found
    line = line_of(text, new.strip().split("\n")[0])
    assert any(problem.startswith(f"mine.yaml:{line}:") for problem in found), (line, found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "mine.yaml:1:1: the file is empty"),
        ("# nothing but a remark\n", "the file is empty"),
        (b"id: \xff\n", "mine.yaml:1:5: not UTF-8"),
        (
            "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + "".join(
                f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n"
                for n in range(8)
            ),
            "more than 50000 values",
        ),
        ("a: &a [*a]\n", "nested more than"),
        ("- a\n- b\n", "mine.yaml:1:1: must be a mapping, not a list"),
        ("id: x\nid: y\n", "'id' is here twice; the first is on line 1"),
        ("id: [\n", "not valid YAML"),
        ("id: \x07\n", "not allowed"),
    ],
)
def test_a_file_that_is_no_scenario_at_all(tmp_path: Path, text: str | bytes, said: str) -> None:
    found = problems(tmp_path, text)
    assert any(said in problem for problem in found), found


def test_the_command_line_says_it_and_exits_with_2(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD.replace("family: auth", "family: aut"))
    for args in (("validate", str(file)), ("run", str(file))):
        done = golab(*args)
        line = line_of(GOOD, "family: auth")
        said = f"golab: {file}:{line}:9: 'aut' is not known here; did you mean 'auth'?\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_two_files_of_one_id_are_refused(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(GOOD)
    second.write_text(GOOD)
    done = golab("validate", str(first), str(second))
    assert done.returncode == 2
    assert done.stderr == f"golab: {second}:1:1: the id 'auth-fallback' is taken by {first}\n"


def test_an_unknown_scenario_gets_the_closest_name() -> None:
    with pytest.raises(UsageError, match="did you mean 'stale-list'"):
        select(["stale-lst"])
    with pytest.raises(UsageError, match="did you mean 'servfail'"):
        select(["dns-failure/srvfail"])
    assert golab("run", "stale-lst").returncode == 2


def test_what_is_there_and_is_no_scenario_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.txt").touch()
    Path("stale-list").mkdir()  # as --artifacts makes one
    for name in ("mine.txt", str(tmp_path), ".", "/"):
        with pytest.raises(UsageError, match=r"is no scenario; the name of a file ends in \.yaml"):
            select([name])
    assert [run.name for run in select(["stale-list"])] == ["stale-list"]


def test_a_variant_is_laid_over_the_scenario() -> None:
    scenario = catalogue()["dns-failure"].scenario
    (run,) = select(["dns-failure/servfail"])
    assert [rule.name for rule in run.scenario.faults] == ["servfail"]
    assert run.scenario.replay.healthy == scenario.replay.healthy
    assert run.scenario.replay.broken.stderr == "server misbehaving"
    assert run.scenario.client == scenario.client


def test_the_catalogue_is_valid_yaml_for_other_readers_too() -> None:
    for loaded in catalogue().values():
        assert yaml.safe_load(loaded.file.read_text(encoding="utf-8"))["id"] == loaded.scenario.id


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{host: proxy.golang.orgg}", "no host of this world is 'proxy.golang.orgg'; did you mean"),
        ("{sni: nowhere.example}", "no host of this world is 'nowhere.example'"),
        ("{host: proxy.corp.example, chance: 0}", "can never fire: chance: 0 is never"),
        ("{host: proxy.corp.example, chance: 3}", "must be less than or equal to 1, not 3"),
        ("{host: '[a'}", "bad glob '[a': '[' without its ']'"),
        ("{endpoint: lst}", "'lst' is not known here; did you mean 'list'?"),
    ],
)
def test_a_rule_that_cannot_be_meant(tmp_path: Path, rule: str, said: str) -> None:
    text = GOOD.replace("{host: proxy.corp.example, status: [401, 403]}", rule)
    if "sni" in rule:
        text = text.replace("{auth-fallback: empty}", "{reset: handshake}")
    found = problems(tmp_path, text)
    line = line_of(text, "  - name: auth-fallback")
    assert any(said in problem for problem in found), found
    assert all(line <= int(problem.split(":")[1]) <= line + 2 for problem in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # A proxy that does not exist can be what breaks, and these are no names of the world's.
        ("netrc: {proxy.corp.example: expired}", "env: {GOPROXY: 'https://typo.test'}"),
        ('"https://proxy.corp.example"', '"http://127.0.0.1:1,http://localhost:3000,off"'),
        ('"https://proxy.corp.example"', '"direct,https://typo.test"'),
        ('"https://proxy.corp.example"', "proxy.corp.example"),
        ("{article: silent-symptoms, ", "{title: x, url: 'https://b.test/1', "),
        ("{article: silent-symptoms, ", "{title: x, "),
        ("env: {GOPROXY", "env: {GOENV: off, GOCACHE: '', NETRC: ~/n, GOPRIVATE: null, GOPROXY"),
        ("netrc: {proxy.corp.example: expired}", "netrc: {proxy.corp.example: null}"),
        (
            "  project:\n",
            "  files: {bin/a: {text: x, executable: true}, b: {base64: ''}}\n  project:\n",
        ),
        ("  project:\n", "  resolver: ndots:1  single-request use-vc\n  project:\n"),
        # go asks for what stands above a package, and for modules that nobody has.
        ("    where: {host:", "    where: {module: git.corp.example, host:"),
        ("    where: {host:", "    where: {module: '*.example/l?b', host:"),
        ("run: go list -m -versions git.corp.example/lib", "run: go get a.test/no/body@v1.0.0"),
    ],
)
def test_what_may_be_meant_is_left_alone(tmp_path: Path, old: str, new: str) -> None:
    text = GOOD.replace(old, new, 1)
    assert text != GOOD
    if "a.test" in new:
        text = text.replace("where: {host:", "where: {module: a.test/no, host:")
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    assert load(file).scenario


def test_a_repeated_rule_is_reported_where_it_is_repeated(tmp_path: Path) -> None:
    rule = GOOD[GOOD.index("  - name: auth-fallback") : GOOD.index("replay:")]
    text = GOOD.replace(rule, rule + rule)
    line = line_of(text, "  - name: auth-fallback") + 3
    said = "two rules are called 'auth-fallback'; names must differ"
    assert problems(tmp_path, text) == [f"mine.yaml:{line}:11: {said}"]
