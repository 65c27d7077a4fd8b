"""Labs that stay: a process of its own holds each, and answers on a socket until it is told to go.

`start` starts a holder, `holder` is what it runs, `registry` finds the labs of this machine,
`calls` asks a holder for something, `visit` runs a command or a shell in its lab, `overview` adds
the labs that only a Docker engine knows.
"""
