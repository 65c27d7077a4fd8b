"""Labs in Linux namespaces: no Docker, no root where the kernel allows user namespaces.

    golab ──fork──> launcher ──fork──> pid 1 of the lab (init.py): user, mount, pid, network, IPC
                                       and UTS namespaces of its own
                                         ├── origin        (lab.origin)
                                         ├── edge          (lab.edge)
                                         └── one runner per request of golab's (runner.py), which
                                             enters the client's root (root.py) to run a command

The lab's files live in a tmpfs that only its own mount namespace can see. When pid 1 goes, for
whatever reason, the kernel ends every process of the lab and forgets its mounts, its network and
its files; and pid 1 goes as soon as golab does.
"""
