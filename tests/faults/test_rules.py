"""Rule files that cannot work are refused, with the place, the reason and the nearest word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from faults import rules
from faults.actions.http.response_headers import ResponseHeaders
from faults.lint import lint
from faults.model.base import Stage, dashed
from faults.model.where import Where
from faults.registry import ACTIONS
from faults.source import SourceError

REFUSED = [
    ("{do: {reset: handshake}, where: {host: a.b}}", "1:3: reset cannot depend on host"),
    ("{do: {certificate: expired}, where: {path: /x}}", "write `sni` for a name"),
    ("{do: {dns: nxdomain}, where: {host: a.b}}", "write `query` for a name"),
    ("{do: {dns: nxdomain}, where: {status: 404}}", "dns cannot depend on status"),
    ("{do: {respond: 503}, where: {query: a.b}}", "respond cannot depend on query"),
    ("{do: {request-headers: {drop: A}}, where: {status: 401}}", "cannot depend on status"),
    ("{do: {stall: 1}, where: {method: CONNECT}}", "stall cannot be done to a CONNECT"),
    ("{do: {respond: 1000}}", "less than or equal to 999"),
    ("{do: {respond: 503}, where: {method: [CONNECT, GET]}}", "make two rules"),
    ("{do: {reset: accept, respond: 503}}", "happen at different moments"),
    ("{do: {stall: 1, hang: after-headers}}", "hang and stall cannot both happen"),
    ("{do: {resett: accept}}", "1:9: unknown key 'resett'; did you mean 'reset'?"),
    ("{do: {reset: handshak}}", "did you mean 'handshake'?"),
    ("{do: {stall: {aftr: 1}}}", "unknown key 'aftr'; did you mean 'after'?"),
    ("{do: {dns: nxdomian}}", "'nxdomian' is not known here; did you mean 'nxdomain'?"),
    ("{do: {dns: {}}}", "needs one of reply, address, delay, flap"),
    ("{do: {dns: {reply: drop, address: 192.0.2.1}}}", "exclude each other"),
    (
        "{do: {dns: {address: 192.0.2}}}",
        "must be an IPv4 address, an IPv6 address or here, not '192.0.2'",
    ),
    ("{do: {}}", "nothing to do"),
    ("{do: {blackhole: false}}", "write true, or leave it out"),
    ("{do: {reset: {at: accept, after: 3}}}", "needs either `at` or `after`"),
    ("{do: {latency: 5x}}", "'5x' is not a time; write seconds (0.2) or 200ms, 1.5s, 2m"),
    ("{do: {latency: .nan}}", "finite"),
    ("{do: {latency: -1}}", "greater than or equal to 0"),
    ("{do: {zip: {}}}", "needs exactly one of"),
    ("{do: {sumdb: {substitute: nonsense}}}", "pattern"),
    ("{do: {stall: 1}, where: {chance: 3}}", "1:36: must be less than or equal to 1, not 3"),
    ("{do: {stall: 1}, where: {endpoint: lst}}", "'lst' is not known here; did you mean 'list'?"),
    ("{do: {stall: 1}, where: {endpont: list}}", "did you mean 'endpoint'?"),
    ("{do: {stall: 1}, where: {host: 'a[b'}}", "bad glob 'a[b'"),
    ("{do: {stall: 1}, where: {host: ''}}", "an empty glob matches nothing"),
    ("{do: {stall: 1}, where: {version: '>=1.2'}}", "bad range '>=1.2'"),
    ("{do: {stall: 1}, where: {age: soon}}", "bad age 'soon'"),
    ("{do: {stall: 1}, where: {status: 99}}", "99 is not a status"),
    ("{do: {stall: 1}, where: {per: connection}}", "per needs what is counted: nth, first, after"),
    ("{do: {stall: 1}, where: {nth: -1}}", "greater than or equal to 0"),
    ("{do: {stall: 1}, where: {until: Never!}}", "'Never!' is not a time"),
    ("{do: {stale-list: {without: ['>=x']}}}", "bad range '>=x'"),
    ("{do: {stale-list: {without: 'a[b'}}}", "bad glob 'a[b'"),
    (
        "{do: {respond: {headers: {'X Y': a}}}}",
        "1:29: 'X Y' is not a header name: write letters, digits and dashes, such as X-Cache",
    ),
    (
        r'{do: {respond: {headers: {X: "a\r\nSet-Cookie: b"}}}}',
        r"1:32: 'a\r\nSet-Cookie: b' cannot stand in a header: '\r' is not allowed there",
    ),
    (r'{do: {respond: {content-type: "a\nb"}}}', r"1:33: 'a\nb' cannot stand in a header"),
    ("{do: {request-headers: {drop: 'A:'}}}", "1:33: 'A:' is not a header name"),
    ("{do: {request-headers: {set: {'': b}}}}", "1:33: '' is not a header name"),
    (r'{do: {response-headers: {set: {A: "b\0"}}}}', r"1:37: 'b\x00' cannot stand in a header"),
    ("{do: {trailers: {fields: {'a:b': 1}}}}", "1:29: 'a:b' is not a header name"),
    (r'{do: {trailers: {fields: {a: "\n"}}}}', r"1:32: '\n' cannot stand in a header"),
    (r'{do: {content-type: "a\rb"}}', r"1:23: 'a\rb' cannot stand in a header"),
    (r'{do: {redirect: "http://a/\r\nX: y"}}', "1:19: 'http://a/"),
    ("{do: {respond: 503}, where: {header: 'A B'}}", "'A B' is not a header name"),
    (r'{do: {respond: 503}, where: {header: {A: "x\n"}}}', r"'x\n' cannot stand in a header"),
    (
        "{do: {respond: 503}, where: {host: 'https://proxy.x'}}",
        "1:38: 'https://proxy.x' is not a name alone, it has a scheme: write 'proxy.x'",
    ),
    (
        "{do: {respond: 503}, where: {host: [a.b, 'proxy.x:443']}}",
        "it has a port: write 'proxy.x'; `port` is a key of its own",
    ),
    (
        "{do: {respond: 503}, where: {host: 'proxy.x/go'}}",
        "it has a path: write 'proxy.x'; `path` is a key of its own",
    ),
    ("{do: {reset: handshake}, where: {sni: 'proxy.x:443'}}", "it has a port: write 'proxy.x'"),
    ("{do: {dns: nxdomain}, where: {query: 'https://a.b'}}", "it has a scheme: write 'a.b'"),
    ("{do: {mod: {without: 'a[b'}}}", "bad module path 'a[b'"),
    ("{do: {mod: {without: ['']}}}", "bad module path ''"),
    ("{name: A b, do: {stall: 1}}", "pattern"),
    ("{where: {host: a.b}}", "the key 'do' is missing"),
    ("3", "1:3: must be a mapping, not 3"),
]


@pytest.mark.parametrize(("rule", "said"), REFUSED)
def test_refused_with_place_and_reason(rule: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        rules.parse(f"- {rule}\n", "rules.yaml")
    assert said in str(caught.value)
    assert str(caught.value).startswith("rules.yaml:1:")


def test_header_values_that_are_allowed_are_left_alone() -> None:
    text = '{set: {"X-A": "a\tb", "X!#$%&": "", "X-u": é}}'
    (rule,) = rules.parse(f"- {{do: {{response-headers: {text}}}}}")
    ((_, action),) = rule.do
    assert isinstance(action, ResponseHeaders)
    assert action.set_ == {"X-A": "a\tb", "X!#$%&": "", "X-u": "é"}
    (rule,) = rules.parse("- {where: {host: ['::1', '*.X.']}, do: {respond: 503}}")
    assert rule.where.host == ("::1", "*.x")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"- {do: \x00}", "the character #x0000 is not allowed"),
        (b"- {do: [}", "not valid YAML"),
        (b"{a: 1}", "must be a list, not a mapping"),
        (b"- {do: {stall: 1}, do: {stall: 2}}", "'do' is here twice"),
        (b"- {name: a, do: {stall: 1}}\n- {name: a, do: {stall: 1}}", "two rules are called 'a'"),
    ],
)
def test_files_that_are_no_rule_files(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        rules.load(file)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(SourceError) as caught:
        rules.parse("- {do: {stall: -1}}\n- {do: {dns: x}}\n- {where: {hst: a}, do: {stall: 1}}\n")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3]


@pytest.mark.parametrize(
    ("rule", "stage"),
    [
        ("{do: {dns: drop}}", Stage.QUERY),
        ("{do: {reset: accept}}", Stage.CONNECT),
        ("{do: {bandwidth: 1}}", Stage.CONNECT),
        ("{do: {bandwidth: 1}, where: {sni: a}}", Stage.HELLO),
        ("{do: {bandwidth: 1}, where: {host: a}}", Stage.REQUEST),
        ("{do: {bandwidth: 1}, where: {status: 200}}", Stage.RESPONSE),
        ("{do: {respond: 200}}", Stage.REQUEST),
        ("{do: {respond: 200}, where: {method: CONNECT}}", Stage.TUNNEL),
        ("{do: {respond: 200}, where: {content-type: text/html}}", Stage.RESPONSE),
        ("{do: {stale-list: v1.0.0}}", Stage.RESPONSE),
    ],
)
def test_a_rule_decides_as_early_as_it_can(rule: str, stage: Stage) -> None:
    assert rules.parse(f"[{rule}]")[0].stage is stage


def test_rules_need_no_mitmproxy() -> None:
    modules = "faults.rules, faults.lint, faults.reference, faults.control"
    code = f"import sys, {modules}; print('mitmproxy' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "False", done.stderr


def test_only_the_actions_that_a_file_names_are_built() -> None:
    code = (
        "from faults import rules\n"
        "from faults.registry import ACTIONS\n"
        "rules.parse('[{do: {latency: 1, respond: 503}}, {do: {dns: drop}}]')\n"
        "print(*(name for name, _, kind in ACTIONS if kind.__pydantic_complete__))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.split() == ["dns", "latency", "respond"], done.stderr


def test_rules_survive_being_sent() -> None:
    where = "{until: 5s, header: A, status: [401, 5xx]}"
    sent = rules.parse(f"[{{name: a, where: {where}, do: {{stall: {{after: 1, for: 1s}}}}}}]")
    for mode in ({"exclude_defaults": True}, {"exclude_none": True}):
        data = [rule.model_dump(mode="json", by_alias=True, **mode) for rule in sent]  # type: ignore[arg-type]
        assert rules.RuleFile.model_validate(data).root == sent


WORDS = st.sampled_from(
    [*(dashed(name) for name, _, _ in ACTIONS), "at", "after", "for", "status", "reply", "nope"]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), WORDS,
    st.sampled_from(["accept", "1s", "v1.0.0", ">=v1", "[", "nxdomain", "5xx", "*", 0, 1, 200]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)
WHERE = st.dictionaries(
    st.sampled_from([field.alias or name for name, field in Where.model_fields.items()]), VALUES
)
DO = st.dictionaries(WORDS, VALUES, max_size=2)


@pytest.mark.slow
@given(st.lists(st.fixed_dictionaries({"where": WHERE, "do": DO}), max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_file_is_read_or_refused_in_good_order(data: list[dict[str, object]]) -> None:
    try:
        loaded = rules.parse(yaml.safe_dump(data, allow_unicode=True), "rules.yaml")
    except SourceError as error:
        problems = error.problems
    else:
        problems = []
        assert len(loaded) == len(data)
        assert len(lint(loaded)) <= len(loaded)
        assert all(rule.stage in Stage for rule in loaded)
    assert all(str(problem).startswith("rules.yaml:") for problem in problems)


def test_what_would_never_happen_to_a_tunnel_is_refused() -> None:
    with pytest.raises(ValueError, match="half-close cannot be done to a CONNECT request"):
        rules.parse("[{where: {method: CONNECT}, do: {half-close: before-headers}}]")
    (rule,) = rules.parse("[{where: {method: CONNECT}, do: {reset: before-headers}}]")
    assert rule.stage is Stage.TUNNEL


def test_bounds_are_versions_as_go_has_them() -> None:
    for bad in ("v1.0.0-01", "v1.0.0-a..b"):
        with pytest.raises(ValueError, match="bad range"):
            rules.parse(f"[{{where: {{version: '>={bad}'}}, do: {{respond: 404}}}}]")
