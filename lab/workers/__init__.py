"""Replays runs on other processes and machines, through any `concurrent.futures.Executor`.

job          what a worker does with one run
elsewhere    a session's side of it, for an executor of any kind
cluster      the executor of a Dask cluster, and what there is to be said of its workers
"""
