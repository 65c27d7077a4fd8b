"""Labs on Docker networks: three containers, two sealed networks, one lease.

`engine` connects, `images` builds, `networks` and `containers` make the parts of a lab, `agent`
is the first process in each container, `wire` is how golab speaks with it, `backend` puts it all
together. Everything carries the labels of `labels`; what is not labelled is never touched.
"""
