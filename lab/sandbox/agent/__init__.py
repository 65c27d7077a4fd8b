"""The agent: the first process of a client's tree, the same in both backends.

It has the client's own rights and no more, so that whatever a client has prepared (a link, a pipe
with the name of a file) leads only where the client could have gone by itself. `walls` gives up
the rights, `main` reads requests and answers them, `processes` runs commands, `files` reads and
writes, `network` asks what a probe wants to know. When the agent ends, the kernel ends all else.
"""
