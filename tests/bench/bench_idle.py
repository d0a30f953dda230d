"""idle: what a signed-in desk costs the server while nothing happens.

Each desk follows its account's stream, its office's and one community's, from the cursors of a replica it holds.
"""


def run(lab, figures, quick):
    count = 100 if quick else 5000
    desks = lab.desks(count, follow=lambda n, account: (account * 4 + 3, lab.office_id * 4 + 1, lab.stream(n)))
    with lab.crew(desks[:64]) as first:  # what is made once, by the first desks, is not a desk's
        pass
    before, cpu = lab.settled_rss(), lab.cpu()
    with lab.crew(desks) as crew:
        signed = lab.cpu() - cpu
        after = lab.settled_rss()
        metrics = lab.metrics()
        assert metrics["linlid_sessions_ready"] == count, metrics["linlid_sessions_ready"]
        assert metrics["linlid_follows"] == 3 * count, metrics["linlid_follows"]
        figures.add("idle", (after - before) / count, "KiB RSS a desk", "<= 16")
        figures.add("idle.sign_in", signed / count * 1e6, "µs CPU a desk, handshake to subscribed")
        figures.add("idle.sign_in_retries", first.ready["retries"] + crew.ready["retries"],
                    "sign-ins answered by error internal", "<= 0")
