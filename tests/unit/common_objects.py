#!/usr/bin/env python3
"""common/ is pure: its objects call GLib, jansson and the C library and nothing else, and hold nothing that changes.

Usage: common_objects.py liblinli-common.a
"""
import re
import subprocess
import sys

C_LIBRARY = {"memchr", "memcmp", "memcpy", "memmove", "memset", "strcmp", "strcspn", "strlen", "strncmp", "strstr",
             "strtol", "vsnprintf", "snprintf", "abort"}
# Of the compiler: checks, hardening, position independence.
COMPILER = re.compile(r"_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__assert_fail|__\w+_chk|__(asan|ubsan|sanitizer|lsan|sancov)\w*")
LIBRARIES = re.compile(r"(g|json|g_byte_array|g_string)_\w+")
OF_SANITIZERS = re.compile(r"__odr_asan|__unnamed_|__asan|__sancov|\.|asan\.|_ZN|___asan|__emutls")


def symbols(archive):
    """(object, type letter, name) for every symbol."""
    listing = subprocess.run(["nm", "-A", archive], check=True, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        place, _, rest = line.rpartition(":")
        parts = rest.split()
        if len(parts) >= 2:
            yield place.split(":")[-1], parts[-2], parts[-1]


def main():
    found = list(symbols(sys.argv[1]))
    own = {name for _, letter, name in found if letter in "TRDBVWtrd" and letter != "U"}
    faults = []
    for place, letter, name in found:
        if letter == "U" and name not in own and name not in C_LIBRARY:
            if not COMPILER.fullmatch(name) and not LIBRARIES.fullmatch(name):
                faults.append(f"{place}: calls {name}, which is none of common's business")
        if letter in "BbCDdGgSs" and not OF_SANITIZERS.match(name):
            faults.append(f"{place}: {name} can be written (nm {letter}); common holds no globals")
    if len({place for place, _, _ in found}) < 5:
        faults.append(f"{sys.argv[1]} holds too few objects to be common")
    print("\n".join(faults) or f"{len(found)} symbols, none of them foreign or writable")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
