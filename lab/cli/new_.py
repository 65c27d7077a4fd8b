"""`golab new`: a scenario file to begin with."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lab.errors import OK, UsageError
from lab.spec.schema import ID

SCHEMA = "golab.schema.json"
_SKELETON = """\
# yaml-language-server: $schema={schema}
# Change the story, the faults and the commands; `golab record {id}.yaml` writes what it measures.
id: {id}
title: A proxy keeps an old version list
family: field
sources: [{{title: Where it is described, url: "https://example.com/issue/1"}}]
story: >
  What happened, to whom, in about four lines.
client:
  env: {{GOPROXY: "https://proxy.golang.org"}}
  project:
    go.mod: |
      module lab.example/project

      go 1.21

      require github.com/spf13/cobra v1.8.0
faults:
  - name: stale-list
    where: {{host: proxy.golang.org, endpoint: [list, latest], module: github.com/spf13/cobra}}
    do: {{stale-list: {{without: [v1.8.0, v1.8.1]}}}}
replay:
  run: go list -m -versions github.com/spf13/cobra
repair:
  how: The proxy's cache is refreshed.
  faults: remove
diagnostics:
  subject: {{module: github.com/spf13/cobra, version: v1.8.1}}
  detect: [second-source]
  miss: [goproxy-env]
lesson: >
  What to take away from it.
"""


@click.command("new")
@click.argument("id_", metavar="ID")
def command(id_: str) -> int:
    """Write ID.yaml, a scenario to begin with, and the schema that editors check it with."""
    from lab.scenario.schema import schema

    if not ID.fullmatch(id_) or len(id_) > 60:
        raise UsageError(f"{id_!r} is no id: small letters, digits and dashes, such as stale-list")
    path = Path(f"{id_}.yaml")
    _write(path, _SKELETON.format(id=id_, schema=SCHEMA))
    if not Path(SCHEMA).exists():
        _write(Path(SCHEMA), json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
        click.echo(f"{SCHEMA}: the schema, with which editors complete and check")
    click.echo(f"{path}: change it, then `golab record {path}` and `golab run {path}`")
    return OK


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} is there already; choose another id, or remove it") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {str(error.strerror).lower()}") from None
