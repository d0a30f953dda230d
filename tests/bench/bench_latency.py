"""latency: one client's command until its durable reply, beside pgbench calling the same function over its socket.

One command in flight; desks take turns, because request.comment is limited to 30 a minute a session.
"""
import statistics

A_DESK = 25


def run(lab, figures, quick):
    pairs, count = (1, 50) if quick else (5, 500)
    desks = lab.desks(-(-pairs * count // A_DESK) + 20)
    ours, theirs = [], []
    with lab.crew(desks) as crew:
        crew.run(kind="request.comment", window=8, seconds=600, count=200)  # every write connection has its plans
        for _ in range(pairs):
            r = crew.run(kind="request.comment", window=1, seconds=600, count=count)
            assert r["commands"] == count, r
            ours.append((r["p50_us"], r["p99_us"]))
            theirs.append(lab.pgbench("comment", 1, count=count)[1:])
    for name, i, goal in (("latency.p50", 0, "<= 1.5"), ("latency.p99", 1, None)):
        figures.add(name, statistics.median(o[i] for o in ours), "µs", goal, "pgbench, same function",
                    statistics.median(t[i] for t in theirs),
                    statistics.median(o[i] / t[i] for o, t in zip(ours, theirs)))
