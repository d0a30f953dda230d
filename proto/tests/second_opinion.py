"""Reads what the C builder wrote with the Python codec, which shares no line with it: the schema alone ties them.

  second_opinion.py PROGRAM SCHEMA
"""

import subprocess
import sys
from pathlib import Path

from schemas import load
from gen import codec


def main() -> None:
    schema = load(Path(sys.argv[2]))
    lines = subprocess.run([sys.argv[1], "20"], check=True, capture_output=True, text=True).stdout.splitlines()
    for line in lines:
        sort, name, *rest = line.split(" ")
        entry, data = schema.find(sort, name), bytes.fromhex(rest[0])
        if codec.encode(entry, codec.decode(entry, data)) != data:
            sys.exit(f"{sort} {name} is not written as C wrote it: {data.hex()}")
    if not lines:
        sys.exit("the C builder wrote nothing")


if __name__ == "__main__":
    main()
