"""Set-ups that are unusual and healthy, drawn part by part."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

MODULES = {
    "github.com/gorilla/mux": ("v1.7.3", "v1.8.0", "v1.8.1"),
    "github.com/spf13/cobra": ("v1.7.0", "v1.8.1"),
    "github.com/BurntSushi/toml": ("v1.3.2",),
    "github.com/Azure/go-autorest": ("v13.4.0+incompatible", "v14.2.0+incompatible"),
    "github.com/golang-jwt/jwt/v5": ("v5.0.0", "v5.2.0"),
    "github.com/example/mono/api": ("v0.1.0",),
    "github.com/example/retracted": ("v1.0.0", "v1.2.0"),
    "github.com/golang/example": ("",),  # untagged
    "golang.org/x/net": ("v0.10.0", "v0.25.0"),
    "rsc.io/quote": ("v1.5.1", "v1.5.2", "v1.5.3-pre1"),
}
PRIVATE = {"git.corp.example/lib": ("v1.0.0", "v1.1.0")}
_PROXY = "https://proxy.golang.org"
_DISK = "GOPROXY=https://proxy.golang.org GOMODCACHE=$HOME/disk GOFLAGS=-modcacherw"
_MIRRORED = "sum.golang.org+9db8d6ba+AclteJG4MFjzpDgSIevYuDT7ltbTwhpAXg71mcph3Bl/"
_CORP = {"netrc": {"proxy.corp.example": "valid"}, "private": True}

ROUTES: dict[str, dict[str, Any]] = {
    "public": {"env": {"GOPROXY": _PROXY}},
    "mirror": {"env": {"GOPROXY": "https://goproxy.cn"}},
    "below a path": {"env": {"GOPROXY": "https://mirrors.aliyun.com/goproxy/,direct"}},
    "comma": {"env": {"GOPROXY": f"{_PROXY},direct"}},
    "comma off": {"env": {"GOPROXY": f"https://goproxy.cn,{_PROXY},off"}},
    "pipe": {"env": {"GOPROXY": f"https://goproxy.cn|{_PROXY}"}},
    "blanks": {"env": {"GOPROXY": f" {_PROXY}/ , direct"}},
    "plain": {"env": {"GOPROXY": "http://goproxy.cn"}},
    "direct": {"env": {"GOPROXY": "direct"}},
    "corp": {"env": {"GOPROXY": "https://proxy.corp.example", "GONOSUMDB": "git.corp.example"}}
    | _CORP,
    "corp, in its URL": {
        "env": {
            "GOPROXY": "https://gopher:token-that-works@proxy.corp.example",
            "GONOSUMDB": "git.corp.example",
        },
        "private": True,
    },
    "own first": {
        "env": {"GOPROXY": f"https://modules.corp.example,{_PROXY}"},
        "world": {"hosts": {"modules.corp.example": {"proxy": "/", "relay": False}}},
        "faults": [
            {
                "name": "only-our-own",
                "where": {"host": "modules.corp.example"},
                "do": {"respond": {"status": 404, "body": "not one of ours"}},
            }
        ],
    },
    "zips elsewhere": {
        "env": {"GOPROXY": _PROXY},
        "faults": [
            {
                "name": "zips-elsewhere",
                "where": {"host": "proxy.golang.org", "endpoint": "zip"},
                "do": {"redirect": "https://goproxy.cn/"},
            }
        ],
    },
    "disk": {
        "env": {"GOPROXY": "file:///lab/home/disk/cache/download", "GONOSUMDB": "*"},
        "before": [f"{_DISK} go mod download", f"{_DISK} go list -m all"],
    },
    "off": {
        "env": {"GOPROXY": "off"},
        "before": [f"GOPROXY={_PROXY} go mod download", f"GOPROXY={_PROXY} go list -m all"],
    },
    "forward proxy": {
        "env": {"GOPROXY": _PROXY, "HTTPS_PROXY": "http://gateway.corp.example:8080"},
        "world": {"hosts": {"gateway.corp.example": {}}},
    },
    "by VCS": {
        "env": {"GOPROXY": f"{_PROXY},direct", "GOPRIVATE": "git.corp.example"},
        "netrc": {"git.corp.example": "valid"},
        "private": True,
    },
    "sums elsewhere": {
        "env": {
            "GOPROXY": "https://goproxy.cn",
            "GOSUMDB": f"{_MIRRORED} https://sum.golang.google.cn",
        },
        "world": {"hosts": {"goproxy.cn": {"proxy": "/", "relay": False}}},
    },
}
"""How modules come; `private`: private ones, too."""

WEATHER: dict[str, dict[str, Any]] = {
    "head-refused": {"where": {"method": "HEAD"}, "do": {"respond": 405}},
    "late-names": {"where": {"query": "*"}, "do": {"dns": {"delay": "100ms"}}},
    "late-answers": {"where": {"path": "*"}, "do": {"latency": "100ms"}},
    "no-h2": {"where": {"alpn": "h2"}, "do": {"alpn": "http/1.1"}},
    "odd-types": {
        "where": {"endpoint": ["list", "latest", "info", "mod"]},
        "do": {"content-type": "application/octet-stream"},
    },
    "gzip": {
        "where": {"endpoint": ["list", "latest", "info", "mod"]},
        "do": {"body": "gzip", "response-headers": {"set": {"Content-Encoding": "gzip"}}},
    },
    "crumbs": {"where": {"endpoint": "zip"}, "do": {"slicer": {"size": 100}}},
}

SETTINGS: list[dict[str, str]] = [
    {},
    {"GOFLAGS": "-modcacherw"},
    {"GOFLAGS": "-mod=mod"},
    {"GOTOOLCHAIN": "local"},
    {"GONOSUMDB": "git.corp.example,*.internal.example"},
    {"NO_PROXY": "localhost,.corp.example"},
    {"GOVCS": "public:git,private:all"},
    {"GODEBUG": "http2client=0"},
    {"GOPROXY_NOTE": "ours"},
]

MAIN = "package main\n\nfunc main() {}\n"
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "with a program": {"files": {"main.go": MAIN}},
    "with sums": {"before": ["go mod download", "go list -m -json all"]},
    "replaced": {
        "go.mod": "\nrequire local.example/a v0.0.0\n\nreplace local.example/a => ./a\n",
        "files": {"a/go.mod": "module local.example/a\n", "a/a.go": "package a\n"},
    },
    "a workspace": {
        "files": {
            "go.work": "go 1.21\n\nuse (\n\t.\n\t./b\n)\n",
            "b/go.mod": "module lab.example/b\n\ngo 1.21\n",
            "b/b.go": "package b\n",
        },
    },
}


@st.composite
def setups(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a control, as in a scenario file."""
    route = ROUTES[draw(st.sampled_from(sorted(ROUTES)))]
    known = {**MODULES, **(PRIVATE if route.get("private") else {})}
    if "file:" in route["env"]["GOPROXY"]:
        known.pop("github.com/golang/example")  # nobody asks a disk for what is newest
    names = draw(st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=3, unique=True))
    required = {name: draw(st.sampled_from(known[name])) for name in names}
    shape = SHAPES[draw(st.sampled_from(sorted(SHAPES)))]
    weather = draw(st.lists(st.sampled_from(sorted(WEATHER)), max_size=2, unique=True))
    settings = {**draw(st.sampled_from(SETTINGS)), **route["env"]}
    if "go.work" in shape.get("files", {}) and settings.get("GOFLAGS") == "-mod=mod":
        del settings["GOFLAGS"]  # go refuses it in a workspace
    lines = [f"require {name} {version}\n" for name, version in required.items() if version]
    untagged = [f"go get {name}@latest" for name, version in required.items() if not version]
    if settings["GOPROXY"] == "off":
        untagged = [f"GOPROXY={_PROXY} {command}" for command in untagged]
    go_mod = "module lab.example/project\n\ngo 1.21\n\n" + "".join(lines) + shape.get("go.mod", "")
    sums = [] if settings["GOPROXY"] == "off" else shape.get("before", [])
    before = [*untagged, *route.get("before", ()), *sums]
    return {
        "id": "drawn",
        "title": "Drawn",
        "family": "controls",
        "kind": "control",
        "sources": [{"title": "-"}],
        "story": "-",
        "lesson": "-",
        "world": route.get("world", {}),
        "client": {
            "env": settings,
            "netrc": route.get("netrc", {}),
            "project": {"go.mod": go_mod, **shape.get("files", {})},
        },
        "faults": [
            *route.get("faults", ()),
            *({"name": name, **WEATHER[name]} for name in weather),
        ],
        "replay": {
            **({"before": before} if before else {}),
            "run": ["go mod download", "go list -m all"],
            "limit": 60,
            "healthy": {"exit": 0},
        },
        "diagnostics": {"subject": {"module": names[0], "version": required[names[0]] or "v0.0.0"}},
    }
