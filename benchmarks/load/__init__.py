"""A load generator of ours, for what wrk cannot do: an open loop, YCSB, and every reply looked at.

    sources     what is asked, one request after the other, and whether a reply is right
    ycsb        the sources of workloads A to F; `zipfian` draws their keys
    driver      connections, a closed or an open loop, and latencies
    histogram   latencies as HDR histograms
    job         what a run is told, as it goes to the process of its own in which it runs
    run         one run from the harness's side

An open loop sends at a fixed rate, however slow the answers are, and a latency counts from the moment at
which the request was to be sent: a server that stalls is not spared the requests that it held up.
"""
