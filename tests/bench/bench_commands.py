"""commands: 64 clients in a closed loop, over twenty communities and in one, beside pgbench.

The command is request.contact: it changes the row and has no limit of rate. pgbench calls the same function as
linlid's own role, and, where the peers' folder is there, the bare function of its schema in a database of
the same cluster.
Rounds alternate; each figure is the median of its rounds, each ratio the median of the rounds' ratios.
"""
import statistics

CLIENTS, QUICK = (1, 4, 16, 64), (1, 4)
BARE = r"""\set c random(1, :nc)
\set i random(1, 100)
select cmd(:c, :i, 1::smallint, 7, decode(repeat('ab',60),'hex'));
"""


def one_round(lab, crew, seconds, communities, bare, clients):
    """{who: commands a second}; who is "ours" or (peer, clients)."""
    r = crew.run(window=64, warm=1, seconds=seconds, targets=len(crew.targets[communities]))
    seen = {"ours": r["per_second"], "p50": r["p50_us"] / 1000, "p99": r["p99_us"] / 1000}
    for n in clients:
        seen["function", n] = lab.pgbench("contact", n, seconds, communities=communities)[0]
        if bare:
            seen["bare", n] = lab.pgbench(bare, n, seconds, communities=communities, database="peer", user="linli")[0]
    return seen


def middle(rounds, value):
    return statistics.median(value(r) for r in rounds)


def best(peer):
    return lambda r: max(r[who] for who in r if who[0] == peer)


def tell(figures, name, rounds, peers, most):
    ours = middle(rounds, lambda r: r["ours"])
    for peer, words, goal_best, goal_64 in peers:
        for what, value, goal in (("best client count", best(peer), goal_best),
                                  (f"{most} clients", lambda r, p=peer: r[p, most], goal_64)):
            figures.add(f"{name}.{peer}.{what.split()[0]}", ours, "commands/s", goal, f"pgbench, {words}, {what}",
                        middle(rounds, value), middle(rounds, lambda r, v=value: r["ours"] / v(r)))
    figures.add(f"{name}.p50", middle(rounds, lambda r: r["p50"]), "ms")
    figures.add(f"{name}.p99", middle(rounds, lambda r: r["p99"]), "ms")


def run(lab, figures, quick):
    rounds, seconds, clients = (1, 1, QUICK) if quick else (3, 4, CLIENTS)
    bare = None
    if lab.peer_database():
        bare = lab.scratch / "bare.pgbench"
        bare.write_text(BARE)
    with lab.crew(lab.desks(64), lab.hot + [t for t in lab.targets if t not in set(lab.hot)]) as crew:
        crew.targets = {1: lab.hot, 20: lab.targets}
        for name, communities, goal_64 in (("commands", 20, ">= 8"), ("commands.hot", 1, ">= 12")):
            seen = [one_round(lab, crew, seconds, communities, bare, clients) for _ in range(rounds)]
            peers = [("function", "same function", ">= 4", None)]
            peers += [("bare", "bare function", ">= 1.5", goal_64)] if bare else []
            tell(figures, name, seen, peers, clients[-1])
