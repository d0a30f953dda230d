"""Figures: a JSON line each on standard output, a table for people on standard error at the end.

A goal is an operator and a number; it judges the ratio where there is a peer, else the value. Timings decide nothing
but `met`; an assertion about a count ends the bench with an exception.
"""
import json
import operator
import sys

JUDGES = {"<=": operator.le, ">=": operator.ge}


class Figures:
    def __init__(self, peers=False):
        self.rows = []
        self.peers = peers  # the benches run their peers' programs too

    def add(self, name, value, unit, goal=None, peer=None, peer_value=None, ratio=None, spread=None,
            busy=None):
        """ratio: value / peer_value unless another is given, such as the median of several pairs; spread: the least and
        the largest of those; busy: how many cores each side used, in words."""
        row = {"name": name, "value": self._short(value), "unit": unit, "goal": goal, "met": None}
        if peer:
            row |= {"peer": peer, "peer_value": self._short(peer_value),
                    "ratio": self._short(ratio if ratio is not None else value / peer_value)}
        if spread:
            row["spread"] = [self._short(v) for v in spread]
        if busy:
            row["busy"] = busy
        if goal:
            sign, number = goal.split()
            row["met"] = bool(JUDGES[sign](row.get("ratio", row["value"]), float(number)))
        self.rows.append(row)
        print(json.dumps(row, ensure_ascii=False), flush=True)

    @staticmethod
    def _short(value):
        return value if isinstance(value, int) else float(f"{value:.4g}")

    def table(self):
        lines = [("figure", "value", "", "peer", "its value", "ratio", "goal", "")]
        for r in self.rows:
            lines.append((r["name"], f"{r['value']:g}", r["unit"], r.get("peer", ""),
                          f"{r['peer_value']:g}" if "peer" in r else "", f"{r['ratio']:g}" if "ratio" in r else "",
                          r["goal"] or "", {True: "met", False: "missed", None: ""}[r["met"]]))
        widths = [max(len(line[i]) for line in lines) for i in range(8)]
        for line in lines:
            print("  ".join(cell.rjust(w) if i in (1, 4, 5) else cell.ljust(w)
                            for i, (cell, w) in enumerate(zip(line, widths))).rstrip(), file=sys.stderr)
