"""How fast Stator is, beside its peers and beside what the HTTP stack alone can do: `make bench`.

One invocation starts every peer, gives all the same data, and lets them take turns:

    plan        how much: sizes, seconds, rounds
    dataset     which data, so that whoever reads an item can tell whether it is right
    peers/      what is measured: a row of a table each, and its process
    client      single requests: for seeding and verification
    seeding     tables and their first items
    workloads   what is asked: a script for wrk each, and how it is verified
    wrk/        the load: the scripts, and running one
    rounds      peer after peer, round after round, verified before and after
    processors  who used the processors meanwhile
    startup     start to first answer, idle memory
    machine     where: processor, disk, versions, load
    results     everything that was measured, as JSON
    report/     from results to a table, plots and met or missed expectations

A new peer is a row in `peers/registry`; a new workload is a script and a row in `workloads`.
`python benchmarks/storage.py` measures the storage engine alone.
"""
