"""Labs in Linux namespaces: no Docker, no root where the kernel allows user namespaces.

    golab ──> zygote ──fork──> launcher ──fork──> pid 1 of the lab (init.py): user, mount, pid,
                                                  network, IPC and UTS namespaces of its own
                                                    ├── edge     (lab.sandbox.programs)
                                                    ├── origin   (the same)
                                                    └── starter ──fork──> keeper ──fork──> agent:
                                                        the client, one tree for each arm, in
                                                        namespaces of its own below the lab's
                                                        (starter.py, client.py, lab.sandbox.agent)

golab speaks with pid 1, edge, origin and agent over a socket each (lab.sandbox.channel). The lab's
files live in a tmpfs that only its own mount namespace can see. When pid 1 goes, for whatever
reason, the kernel ends every process of the lab and forgets its mounts, its network and its files;
and pid 1 goes as soon as golab does.
"""
