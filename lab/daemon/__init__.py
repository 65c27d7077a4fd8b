"""Labs that stay: a process of its own holds each, and answers on a socket until it is told to go.

`start` starts a holder, `main` is what it runs and `server` where it answers, `registry` finds the
labs of this machine, `client` asks a holder for something, `exec` runs a command or a shell in its
lab, `logs` follows its records, `listing` adds the labs that only a Docker engine knows.
"""
