"""fanout: readers of one community while others work in it.

All readers but a few are deaf (load.c): the few prove that events come gapless, the server counts what it gave all.
Asserted: an event is encoded once, whatever the number of readers.
"""
import time


def measured(lab, crew, readers, **words):
    """The run's own result, processor seconds of linlid, deliveries, and how often an event was encoded."""
    before, cpu, began = lab.metrics(), lab.cpu(), time.monotonic()
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
    return r, spent, sent, took


def run(lab, figures, quick):
    readers, listen, seconds = (50, 50, 1) if quick else (1000, 8, 8)
    desks = lab.desks(readers, follow=lambda n, account: (lab.stream(0),)) + lab.desks(32)
    with lab.crew(desks, lab.hot, readers=readers, listen=listen) as crew:
        r, spent, sent, _ = measured(lab, crew, readers, window=32, rate=20, warm=1, seconds=seconds)
        figures.add("fanout.paced", spent / sent * 1e6, "CPU-s a million deliveries, 20 events/s")
        figures.add("fanout.paced_p50", r["delivered_p50_us"] / 1000, "ms, command sent to event pushed")
        figures.add("fanout.paced_p99", r["delivered_p99_us"] / 1000, "ms")
        r, spent, sent, took = measured(lab, crew, readers, window=32, backlog=64, warm=1, seconds=seconds)
        figures.add("fanout", sent / took, "deliveries/s, closed loop")
        figures.add("fanout.cpu", spent / sent * 1e6, "CPU-s a million deliveries, closed loop")
        figures.add("fanout.events", r["per_second"], "events/s, closed loop")
        figures.add("fanout.encoded", 1, "encodings an event (asserted)", "<= 1")
