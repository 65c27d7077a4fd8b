"""golab's own diagnostics, one small file each: they look for a contract that is broken.

A file here answers one question about module fetching, with what a user's machine sees and nothing
else. It has `QUESTION` (what it asks, in one sentence), `REMEDY` (what to do about an alarm), and

    check(view: GoView, subject: Subject, limit: float) -> Finding

and where the usual is wrong for it: `LOCAL = True` if it asks nobody and looks at the machine as a
whole, `SEVERITY` if its alarm is no `error`, `SCENARIO` if another one teaches what it finds than
the first on record that it detects.

`view` is go's settings and what go would be answered (`lab.diagnostics.view`), `view.machine` the
machine itself, with files and programs (`lab.diagnostics.machine`), `limit` the seconds that a
request or a command may take. A probe is `quiet` where its question does not arise, `unavailable`
where a program is missing, and says `alarm` only where something is wrong. Its name, with dashes,
is the diagnostic's id.
"""
