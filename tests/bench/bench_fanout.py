"""fanout: readers of one community while others work in it.

All readers but a few are deaf (load.c): the few prove that events come gapless, the server counts what it gave all.
Asserted: an event is encoded once, whatever the number of readers.
With --peers, NATS gives as many events of 150 bytes to as many readers in turn with linlid, three pairs each.
"""
import statistics
import time

import peers

CPU = "CPU-s a million deliveries"


def measured(lab, crew, readers, **words):
    """The run's own result, processor seconds of linlid, deliveries, seconds, and how busy linlid and linli-load were."""
    before, cpu, own, began = lab.metrics(), lab.cpu(), lab.cpu(crew.child.pid), time.monotonic()
    r = crew.run(**words)
    wanted = r["total"] * readers
    while True:
        after = lab.metrics()
        sent = int(after["linlid_events_sent_total"] - before["linlid_events_sent_total"])
        if sent >= wanted or time.monotonic() - began > 120:
            break
        time.sleep(0.02)
    took, spent = time.monotonic() - began, lab.cpu() - cpu
    encoded = int(after["linlid_events_encoded_total"] - before["linlid_events_encoded_total"])
    assert encoded == r["total"], f"{r['total']} events were encoded {encoded} times for {readers} readers"
    assert sent == wanted, f"{sent} deliveries of {r['total']} events to {readers} readers"
    assert r["events"] == r["total"] * r["listeners"], r
    return r, spent, sent, took, (spent / took, (lab.cpu(crew.child.pid) - own) / took)


def alone(lab, figures, crew, readers, seconds):
    r, spent, sent, *_ = measured(lab, crew, readers, window=32, rate=20, warm=1, seconds=seconds)
    figures.add("fanout.paced", spent / sent * 1e6, f"{CPU}, 20 events/s")
    figures.add("fanout.paced_p50", r["delivered_p50_us"] / 1000, "ms, command sent to event pushed")
    figures.add("fanout.paced_p99", r["delivered_p99_us"] / 1000, "ms")
    r, spent, sent, took, _ = measured(lab, crew, readers, window=32, backlog=64, warm=1, seconds=seconds)
    figures.add("fanout", sent / took, "deliveries/s, closed loop")
    figures.add("fanout.cpu", spent / sent * 1e6, f"{CPU}, closed loop")
    figures.add("fanout.events", r["per_second"], "events/s, closed loop")
    figures.add("fanout.encoded", 1, "encodings an event (asserted)", "<= 1")


def pair(lab, desks, readers, fan, words, test, args):
    """Both sides' processor seconds a million deliveries, and how busy each server and generator was. Desks sign in anew:
    deaf ones answer no ping, and linlid would close them while the peer has its turn."""
    fresh = lab.now(desks[:readers], lab.stream(0)) + desks[readers:]
    with lab.crew(fresh, lab.hot, readers=readers, listen=max(readers // 50, 1)) as crew:
        with peers.pinned(lab.office.linlid[0].pid, crew.child.pid):
            _, spent, sent, _, busy = measured(lab, crew, readers, **words)
    theirs = fan.run("nats", test, "-s", readers, *args)
    return {"ours": spent / sent * 1e6, "theirs": theirs["srv_cpu_s_per_M"],
            "busy": (*busy, theirs["srv_busy"], theirs["gen_busy"])}


def beside(lab, figures, desks, readers, fan, pairs, name, goal, words, test, args):
    seen = [pair(lab, desks, readers, fan, words, test, args) for _ in range(pairs)]
    ratios = [p["ours"] / p["theirs"] for p in seen]
    busy = [statistics.median(b) for b in zip(*(p["busy"] for p in seen))]
    figures.add(name, statistics.median(p["ours"] for p in seen), CPU, goal, "NATS",
                statistics.median(p["theirs"] for p in seen), statistics.median(ratios),
                spread=(min(ratios), max(ratios)),
                busy="linlid {:.2f}, linli-load {:.2f}; NATS {:.2f}, fanload {:.2f}".format(*busy))


def compared(lab, figures, fan, quick):
    pairs, seconds = (1, 1) if quick else (3, 4)
    for readers, goal in ((50, "<= 0.9"),) if quick else ((1000, "<= 0.9"), (5000, "<= 0.35")):
        follow = lab.desks(readers, follow=lambda n, account: (lab.stream(0),))
        desks, few, ahead = follow + lab.desks(32), max(readers // 50, 1), min(40000 // readers, 64)
        beside(lab, figures, desks, readers, fan, pairs, f"fanout.nats.backlogged_{readers}", goal,
               {"window": 32, "backlog": ahead, "warm": 1, "seconds": seconds}, "max",
               ("-x", few, "-w", ahead, "-d", 2.5))
        if readers <= 1000:
            beside(lab, figures, desks, readers, fan, pairs, "fanout.nats.paced", "<= 0.75",
                   {"window": 32, "rate": 20, "warm": 1, "seconds": seconds}, "rate",
                   ("-x", few, "-r", 20, "-d", seconds))


def run(lab, figures, quick):
    readers, listen, seconds = (50, 50, 1) if quick else (1000, 8, 8)
    desks = lab.desks(readers, follow=lambda n, account: (lab.stream(0),)) + lab.desks(32)
    with lab.crew(desks, lab.hot, readers=readers, listen=listen) as crew:
        alone(lab, figures, crew, readers, seconds)
    fan = peers.Fan.found() if figures.peers else None
    if fan:
        try:
            compared(lab, figures, fan, quick)
        finally:
            fan.close()
