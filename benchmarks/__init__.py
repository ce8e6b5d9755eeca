"""How fast Stator is, beside its peers and beside what the HTTP stack alone can do: `make bench`.

A plan is a list of rows. Each row has the peers run that it needs, with the data that it needs, lets them
take turns, and leaves figures, which targets judge:

    plan        how much: sizes, seconds, rounds
    rows/       what is measured
    targets     what is asked of it
    measure     row after row; one that fails does not end the others
    session     the peers that run meanwhile, and their data
    bench       runs, and rounds of them side by side, verified before, meanwhile and after
    dataset     which data, so that whoever reads an item can tell whether it is right; `records`: YCSB's
    seeding     tables and their first items
    peers/      who is measured: a row of a table each, its program and its process
    workloads   what wrk asks: a script each, and how it is verified (`verification`, `sampler`)
    wrk/        closed loops: the scripts, and running one
    load/       open loops and YCSB: a generator of ours
    processors  who may use the processors, and who did
    startup     start to first answer, idle memory
    machine     where: processor, disk, versions, load
    results     everything that was measured, as JSON, row by row
    report/     from results to tables and plots

`python -m benchmarks.cpu` tells the processor time of each operation, `python benchmarks/storage.py` what the
storage engine alone costs, `python -m benchmarks.recovery` what a restore costs.
"""
