"""Live events of the demo office average at most 0.3 of the same events as compact JSON."""
import unittest

import bench_compact


class Compact(unittest.TestCase):
    def test_events_on_the_wire_are_at_most_three_tenths_of_their_json(self):
        on_wire, as_json, events = bench_compact.counted(requests=200, days=10)
        print(f"{events} events: {on_wire / events:.1f} bytes on the wire, {as_json / events:.1f} as JSON, "
              f"ratio {on_wire / as_json:.3f}")
        self.assertGreater(events, 500)
        self.assertLessEqual(on_wire / as_json, bench_compact.GOAL)


if __name__ == "__main__":
    unittest.main()
