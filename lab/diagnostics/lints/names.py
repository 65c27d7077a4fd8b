"""Variables that go does not read, and lines of the GOENV file that it does not see."""

from __future__ import annotations

import re
from collections.abc import Iterator

from faults.nearest import edits
from lab.diagnostics.lints.model import Problem, Setup
from lab.go.settings import goenv_lines, masked

INVENTED = {
    "GONOSUMCHECK": "GONOSUMDB",
    "GONOSUM": "GONOSUMDB",
    "GOSUMCHECK": "GOSUMDB",
    "GONOVERIFY": "GONOSUMDB",
    "GOPROXIES": "GOPROXY",
    "GOMODPROXY": "GOPROXY",
    "GOPRIVATEREPOS": "GOPRIVATE",
    "GONOPRIVATE": "GOPRIVATE",
}
"""Variables that pages on the Internet advise and nothing reads, and the one that was meant."""

OF_FETCHING = (
    "GOPROXY",
    "GOPRIVATE",
    "GONOPROXY",
    "GONOSUMDB",
    "GOSUMDB",
    "GOINSECURE",
    "GOFLAGS",
    "GOAUTH",
    "GOVCS",
    "GOTOOLCHAIN",
    "GOMODCACHE",
    "GO111MODULE",
)
"""What decides where a module comes from; others may use names that look like the other ones."""

OF_THE_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NETRC", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What go takes from the environment alone."""

_OTHERS = frozenset(
    re.findall(
        r"\w+",
        """
        AR CC CGO_CFLAGS CGO_CFLAGS_ALLOW CGO_CFLAGS_DISALLOW CGO_CPPFLAGS CGO_CXXFLAGS CGO_ENABLED
        CGO_FFLAGS CGO_LDFLAGS CGO_LDFLAGS_ALLOW CGO_LDFLAGS_DISALLOW CXX FC GCCGO GO386 GOAMD64
        GOARCH GOARM GOARM64 GOBIN GOCACHE GOCACHEPROG GODEBUG GOENV GOEXE GOEXPERIMENT GOFIPS140
        GOGCCFLAGS GOHOSTARCH GOHOSTOS GOMIPS GOMIPS64 GOMOD GOOS GOPATH GOPPC64 GORISCV64 GOROOT
        GOTELEMETRY GOTELEMETRYDIR GOTMPDIR GOTOOLDIR GOVERSION GOWASM GOWORK GO_EXTLINK_ENABLED
        PKG_CONFIG
        """,
    )
)
"""Other variables of go (internal/cfg, KnownEnv) and of `go env`."""
_NEARLY = ("GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE", "GOFLAGS")
_JOINED = {name.replace("_", ""): name for name in (*_NEARLY[:-1], "NO_PROXY", "HTTPS_PROXY")}


def variables(setup: Setup) -> Iterator[Problem]:
    """Variables of the environment that look like go's and are not."""
    for name, value in setup.process.items():
        meant = _meant(name)
        if not value or meant is None:
            continue
        real = setup.value(meant) if meant in OF_FETCHING else setup.process.get(meant)
        if real == value:
            continue  # a script's own name for what it also gives go is nobody's mistake
        small = setup.process.get(meant.lower()) if meant in OF_THE_NETWORK else None
        done = setup.explicit(meant) or small
        yield Problem(
            "variable-unknown",
            "note" if done else "warning",
            f"{name} is set in the environment",
            f"neither go nor its libraries read it, and nobody says so; {meant} is what they read",
            f"set {meant}, and unset {name}",
            f"go env {meant}" if meant in OF_FETCHING else f'echo "${meant}"',
            "system-proxy" if meant.endswith("_PROXY") else "invented-variables",
        )


def _meant(name: str) -> str | None:
    """Return the variable that a name was to be; None if it is one, or not near any."""
    if name in OF_FETCHING or name in _OTHERS or name.upper() in OF_THE_NETWORK:
        return None
    if name in INVENTED:
        return INVENTED[name]
    if found := _JOINED.get(name.upper().replace("_", "").replace("-", "")):
        return found
    if name[-1:].isdigit() or len(name) > 12:
        return None
    return next((real for real in _NEARLY if edits(name, real) == 1), None)


def lines(setup: Setup) -> Iterator[Problem]:
    """Lines of the GOENV file that go does not see as somebody meant them (cfg.readEnvFile)."""

    def problem(rule: str, number: int, seen: str, why: str, remedy: str) -> Problem:
        seen = f"GOENV file, line {number}: {masked(seen)}"
        return Problem(rule, "warning", seen, why, remedy, _SEE, "", number, "GOENV")

    read = {number: (name, value) for number, name, value in goenv_lines(setup.goenv)}
    last: dict[str, int] = {name: number for number, (name, _) in read.items()}
    for number, line in enumerate(setup.goenv.split("\n"), 1):
        text = line.strip()
        if not text or text.startswith(("#", "//", ";")):
            continue
        name, value = read.get(number, ("", ""))
        if not name:
            if _speaks_of_go(text):
                bare = re.sub(r"^(export|set|env)\s+", "", text)
                yield problem(
                    "goenv-line-ignored",
                    number,
                    text,
                    "go reads NAME=VALUE from the first column, and skips what is anything else",
                    f"go env -w '{masked(bare)}'",
                )
        elif not _known(setup, name):
            meant = _meant(name.strip()) or (name.strip() if _known(setup, name.strip()) else "")
            if meant or name in OF_THE_NETWORK:
                yield problem(
                    "goenv-name-unknown",
                    number,
                    name if name in OF_THE_NETWORK else f"{name!r}",
                    "go takes it from the environment alone"
                    if name in OF_THE_NETWORK
                    else f"go knows no such variable; {meant} is the one it reads",
                    f"export {name}" if name in OF_THE_NETWORK else f"go env -w {meant}=…",
                )
        elif name in OF_FETCHING:
            if value != value.rstrip("\r"):
                yield problem(
                    "goenv-line-end",
                    number,
                    name,
                    "the line ends as on Windows, and the carriage return is part of the value",
                    "write the file with go env -w",
                )
            elif value[:1] in ("'", '"'):
                yield problem(
                    "goenv-quotes",
                    number,
                    text,
                    "nothing takes the quotation marks away: they are part of the value",
                    "write the value without them",
                )
            if last[name] != number and read[last[name]][1] != value:
                yield problem(
                    "goenv-line-overridden",
                    number,
                    name,
                    f"line {last[name]} sets it again, and the last one counts",
                    "leave one of them",
                )


_SEE = 'cat -A "$(go env GOENV)"'


def _known(setup: Setup, name: str) -> bool:
    return name in OF_FETCHING or name in _OTHERS or name in setup.go


def _speaks_of_go(text: str) -> bool:
    return any(word in text for word in (*OF_FETCHING, *OF_THE_NETWORK))


def shadowed(setup: Setup) -> Iterator[Problem]:
    """Settings of the GOENV file that the environment hides."""
    for name in OF_FETCHING:
        own = setup.written.get(name)
        exported = setup.process.get(name)
        if own is None or not own.value or not exported or exported == own.value:
            continue
        yield Problem(
            "setting-shadowed",
            "warning",
            f"{name} is {masked(exported)} in the environment, and {masked(own.value)} in "
            f"{own.source}",
            "the environment counts, and `go env` does not say where a value is from",
            f"unset {name} where it is exported, or go env -u {name}",
            f'env | grep "^{name}="; grep -n "^{name}=" "$(go env GOENV)"',
            "goproxy-shadowed",
            own.line,
            "GOENV",
        )


def modules_off(setup: Setup) -> Iterator[Problem]:
    """GO111MODULE=off, with which none of the other settings means anything."""
    if setup.go_mod and setup.value("GO111MODULE") == "off":
        yield Problem(
            "modules-off",
            "error",
            f"GO111MODULE=off of {setup.setting('GO111MODULE').source}",
            "go does not read go.mod, and refuses what has to do with modules",
            "unset it",
            "go env GO111MODULE",
        )
