#!/bin/sh
# tokens_secret.sh PROGRAM: the program's steps, each a process, with a keyring,
# with one that would have to be made or unlocked first, and without a session bus.
set -eu
[ "${2-}" ] || {
  command -v gnome-keyring-daemon >/dev/null && command -v dbus-run-session >/dev/null || { echo "no keyring here"; exit 77; }
  top=$(mktemp -d "${TMPDIR:-/tmp}/linli-secret.XXXXXX")
  trap 'rm -rf "$top"' EXIT
  for place in keyring locked; do
    mkdir -m 700 -p "$top/$place/run"
    env -u DISPLAY -u WAYLAND_DISPLAY -u DBUS_SESSION_BUS_ADDRESS HOME="$top/$place" XDG_RUNTIME_DIR="$top/$place/run" \
      XDG_STATE_HOME="$top/$place/state" XDG_DATA_HOME="$top/$place/data" XDG_DATA_DIRS="$top/nothing" \
      dbus-run-session -- "$0" "$1" "$place"
  done
  env DBUS_SESSION_BUS_ADDRESS="unix:path=$top/nowhere" XDG_STATE_HOME="$top/state" "$0" "$1" none
  exit 0
}
keyring=
if [ "$2" = keyring ]; then
  # Its password on standard input unlocks a new keyring without asking anybody.
  gnome-keyring-daemon --foreground --components=secrets --unlock <<END >/dev/null 2>&1 &
test
END
  keyring=$!
  sleep 1
fi
status=0
for step in kept found late; do "$1" "$2" "$step" || { status=1; break; }; done
[ -z "$keyring" ] || kill "$keyring"
exit $status
