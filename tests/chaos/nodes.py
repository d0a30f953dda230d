"""A cluster of eight hosts in network namespaces of its own, tied by chaos_switch:

    db1, db2    PostgreSQL under Patroni, primary and synchronous standby, each with an etcd; data on a small tmpfs
    witness     the third etcd
    a1 a2 a3    linlid; a1 and a2 name both databases (target_session_attrs), a3 goes through HAProxy
    lb          HAProxy: clients -> linlid, a3 -> the primary that Patroni names
    clients     the crowd

Needs root, /dev/net/tun, and the packages etcd-server, patroni, haproxy, iproute2, postgresql-15. All is ended and removed
at the end, whatever happened."""
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from office import program, until  # noqa: E402
from plain import said_by  # noqa: E402

NAMES = ["db1", "db2", "witness", "a1", "a2", "a3", "lb", "clients"]
ADDRESS = {name: f"10.77.0.{k}" for k, name in enumerate(NAMES, 1)}
BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
FAKETIME = pathlib.Path(f"/usr/lib/{os.uname().machine}-linux-gnu/faketime/libfaketime.so.1")
DISK = 1 << 30
CLONE_NEWNET = 0x40000000
USER = "postgres"


def inside(namespace, work):
    """Runs work() on a thread that has entered the namespace: a socket made there stays there."""
    result = []

    def enter():
        try:
            with open(f"/run/netns/{namespace}") as place:
                if ctypes.CDLL(None, use_errno=True).setns(place.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), f"setns to {namespace}")
            result.append(work())
        except OSError as error:
            result.append(error)
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if isinstance(result[0], OSError):
        raise result[0]
    return result[0]


class Program:
    """A program on a node, started again by start(), as its service would be. Its log is kept over restarts."""

    def __init__(self, cluster, node, name, argv, user=None, ready=None, settings=None):
        self.cluster, self.node, self.name = cluster, node, f"{name} on {node}"
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        # Each stands for a machine of its own: the crowd, and whoever else works here, must not starve its heartbeats.
        self.argv = ["nice", "-n", "-10", "ip", "netns", "exec", cluster.namespace(node), *as_user, *map(str, argv)]
        self.log = cluster.folder / f"{name}-{node}.log"
        self.ready, self.settings, self.process = ready, settings or {}, None

    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        if self.running():
            return
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**self.cluster.env(), **self.settings})

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self, patience=60):
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        if self.process:
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"{self.name} did not end within {patience} s of SIGTERM")


class Nodes:
    kinds = {"linlid", "database", "clients", "nodes", "network", "disk", "clock"}
    name = "eight hosts in network namespaces: Patroni + etcd, HAProxy, three linlid"
    count = 3

    def __init__(self):
        self.tag = f"lc{os.getpid()}"
        self.programs, self.mounts, self.made = {}, [], []
        if not FAKETIME.exists():
            self.kinds = self.kinds - {"clock"}

    @staticmethod
    def missing():
        if os.geteuid() != 0:
            return "root is needed for network namespaces; tests/chaos/run --cluster plain needs none"
        lacking = [p for p in ("etcd", "patroni", "haproxy", "ip", "setpriv", "openssl") if not shutil.which(p)]
        if not BIN.is_dir():
            lacking.append("postgresql-15")
        if lacking:
            return f"not installed: {' '.join(lacking)}; .packages/install run test installs what is needed"
        probe = subprocess.run(["unshare", "--net", "true"], capture_output=True)
        if probe.returncode != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
            return "this system gives no network namespaces or no /dev/net/tun"
        return None

    # Life ----------------------------------------------------------------------------------------------------
    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="linli-chaos-"))
        self.folder.chmod(0o755)
        try:
            self.make_network()
            self.make_certificate()
            self.make_database()
            self.make_linlids()
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, value, trace):
        for name in self.made:
            for pid in subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split():
                for number in (signal.SIGKILL, signal.SIGCONT):
                    try:
                        os.kill(int(pid), number)
                    except ProcessLookupError:
                        pass
        for one in self.programs.values():
            if one.process:
                one.process.wait(30)
        if getattr(self, "switch", None):
            self.switch.stdin.close()
            self.switch.wait(30)
            self.switch.stdout.close()
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name])
        for path in self.mounts:
            if kind is None and not os.environ.get("LINLI_TEST_KEEP"):
                until(lambda: subprocess.run(["umount", path], capture_output=True).returncode == 0, f"{path} is unmounted", 30)
        if kind is None and not os.environ.get("LINLI_TEST_KEEP"):
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"kept: {self.folder} (small disks mounted in it: umount {self.folder}/db?/disk)", file=sys.stderr)

    def namespace(self, node):
        return f"{self.tag}-{node}"

    def env(self):
        keep = {k: v for k, v in os.environ.items()
                if k in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS") or k.startswith("LINLI_TEST_")}
        return {**keep, "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "PGCONNECT_TIMEOUT": "5"}

    def add(self, node, name, argv, **more):
        one = self.programs[f"{name}-{node}"] = Program(self, node, name, argv, **more)
        one.start()
        return one

    # Network -------------------------------------------------------------------------------------------------
    def make_network(self):
        for name in NAMES:
            subprocess.run(["ip", "netns", "add", self.namespace(name)], check=True)
            self.made.append(self.namespace(name))
        self.switch = subprocess.Popen([program("tests/chaos/chaos_switch"), "1", *self.made], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True, bufsize=1)
        assert self.switch.stdout.readline() == "ready\n", "the switch did not begin"
        for k, name in enumerate(NAMES, 1):
            for words in (["link", "set", "lo", "up"], ["link", "set", "eth0", "address", f"02:00:00:00:00:{k:02x}"],
                          ["addr", "add", f"{ADDRESS[name]}/24", "dev", "eth0"], ["link", "set", "eth0", "up"]):
                subprocess.run(["ip", "-n", self.namespace(name), *words], check=True)

    def line(self, a, b, *words):
        """What happens to frames between two nodes: cut, loss=P, delay=MS; nothing: all is well again."""
        names = [self.namespace(n) for n in (a, b)]
        self.switch.stdin.write(" ".join(["pair" if words else "heal", *names, *words]) + "\n")
        self.switch.stdin.flush()
        assert self.switch.stdout.readline() == "ok\n"

    @staticmethod
    def others(node):
        return [n for n in NAMES if n != node]

    def set_clock(self, node, seconds):
        fresh = self.folder / node / "clock.new"
        fresh.write_text(f"{seconds:+d}\n")
        fresh.rename(self.folder / node / "clock")

    def connect(self, host, port):
        return inside(self.namespace("clients"), lambda: socket.create_connection((host, port), timeout=30))

    def beside(self, node):
        return ["ip", "netns", "exec", self.namespace(node)]

    def make_certificate(self):
        """A certificate that is its own authority, for the balancer's address; linlid reads key and certificate on SIGHUP."""
        self.ca, self.key = self.folder / "server.pem", self.folder / "server.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=linli chaos", "-addext", f"subjectAltName=IP:{ADDRESS['lb']}", "-keyout", self.key, "-out", self.ca],
                       check=True, capture_output=True)

    # Database ------------------------------------------------------------------------------------------------
    def make_database(self):
        for node in ("db1", "db2"):
            base = self.folder / node
            (base / "disk").mkdir(parents=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "linli-chaos", base / "disk"], check=True)
            self.mounts.append(base / "disk")
            (base / "bin").mkdir()
            for tool in BIN.iterdir():
                if tool.name != "postgres":
                    (base / "bin" / tool.name).symlink_to(tool)
            self.wrap_postgres(base)
            (base / "patroni.yml").write_text(self.patroni_settings(node))
        (self.folder / "witness").mkdir()
        subprocess.run(["chown", "-R", f"{USER}:{USER}", *(self.folder / n for n in ("db1", "db2", "witness"))], check=True)
        for node in ("db1", "db2", "witness"):
            self.add(node, "etcd", self.etcd(node), user=USER)
        self.add("db1", "patroni", ["/usr/bin/patroni", self.folder / "db1" / "patroni.yml"], user=USER)
        until(lambda: self.primary() == "db1", "the first primary is up", 180)
        self.add("db2", "patroni", ["/usr/bin/patroni", self.folder / "db2" / "patroni.yml"], user=USER)
        until(self.is_safe, "the standby is synchronous", 180)
        self.psql("-d", "postgres", "-c", "CREATE DATABASE linli")
        password = self.folder / "password"
        password.touch(0o600)
        password.write_text("long enough for chaos\n")
        for words in (["upgrade"], ["bootstrap", "--name", "admin", "--title", "管理员", "--password-file", password]):
            subprocess.run([program("linlictl"), "db", words[0], "--database", self.owner_url(), *map(str, words[1:])], check=True,
                           env=self.env(), stdin=subprocess.DEVNULL, capture_output=True)

    def wrap_postgres(self, base):
        """PostgreSQL reads its clock through libfaketime, where that is installed: a file says by how much it is wrong."""
        (base / "clock").write_text("+0\n")
        preload = f"LD_PRELOAD={FAKETIME} FAKETIME_TIMESTAMP_FILE={base}/clock FAKETIME_CACHE_DURATION=1 DONT_FAKE_MONOTONIC=1 " \
            if FAKETIME.exists() else ""
        wrapper = base / "bin" / "postgres"
        wrapper.write_text(f'#!/bin/sh\n{"export " + preload if preload else ""}\nexec {BIN}/postgres "$@"\n')
        wrapper.chmod(0o755)

    def etcd(self, node):
        def url(n, port):
            return f"http://{ADDRESS[n]}:{port}"
        members = ",".join(f"{n}={url(n, 2380)}" for n in ("db1", "db2", "witness"))
        return ["/usr/bin/etcd", "--name", node, "--data-dir", self.folder / node / "etcd", "--listen-peer-urls", url(node, 2380),
                "--initial-advertise-peer-urls", url(node, 2380), "--listen-client-urls", url(node, 2379),
                "--advertise-client-urls", url(node, 2379), "--initial-cluster", members, "--initial-cluster-token", self.tag,
                "--heartbeat-interval", "250", "--election-timeout", "2500"]

    def patroni_settings(self, node):
        base, address = self.folder / node, ADDRESS[node]
        hosts = ", ".join(f"{ADDRESS[n]}:2379" for n in ("db1", "db2", "witness"))
        return textwrap.dedent(f"""\
            scope: linli
            name: {node}
            restapi: {{listen: "{address}:8008", connect_address: "{address}:8008"}}
            etcd3: {{hosts: [{hosts}]}}
            bootstrap:
              dcs:
                ttl: 20
                loop_wait: 5
                retry_timeout: 5
                maximum_lag_on_failover: 16777216
                primary_start_timeout: 10
                synchronous_mode: true
                failsafe_mode: true
                postgresql:
                  use_pg_rewind: true
                  use_slots: true
                  parameters:
                    max_connections: 120
                    shared_buffers: 64MB
                    max_wal_size: 192MB
                    min_wal_size: 64MB
                    wal_keep_size: 64MB
                    wal_log_hints: on
                    hot_standby: on
                    jit: off
                    timezone: UTC
                    tcp_user_timeout: 10000
                    wal_sender_timeout: 10s
                    wal_receiver_timeout: 10s
                    checkpoint_timeout: 60s
              initdb: [{{encoding: UTF8}}, data-checksums, {{lc-collate: C}}, {{lc-ctype: C.UTF-8}}]
            postgresql:
              listen: "{address}:5432"
              connect_address: "{address}:5432"
              data_dir: {base}/disk/data
              bin_dir: {base}/bin
              pgpass: {base}/pgpass
              remove_data_directory_on_rewind_failure: true
              remove_data_directory_on_diverged_timelines: true
              parameters: {{unix_socket_directories: "{base}"}}
              pg_hba: ["local all all trust", "host all all 10.77.0.0/24 trust", "host replication all 10.77.0.0/24 trust"]
              authentication:
                superuser: {{username: linli}}
                replication: {{username: replicator}}
                rewind: {{username: linli}}
            """)

    def ask(self, node, text):
        """One question to a node's PostgreSQL as its owner, over its Unix socket; None when it does not answer."""
        try:
            done = subprocess.run(["psql", "-XqAt", "-h", self.folder / node, "-U", "linli", "-d", "postgres", "-c", text],
                                  capture_output=True, text=True, timeout=10, env=self.env())
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    def primary(self):
        """The node whose PostgreSQL takes writes; of two that think so, that of the newer timeline."""
        found = [(int(line), node) for node in ("db1", "db2")
                 if (line := self.ask(node, "SELECT timeline_id FROM pg_control_checkpoint() WHERE NOT pg_is_in_recovery()"))]
        return max(found)[1] if found else None

    def is_safe(self):
        """A synchronous standby streams: a failover loses nothing that was acknowledged."""
        node = self.primary()
        return bool(node) and self.ask(node, "SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')"
                                             " AND state = 'streaming'") == "1"

    def owner_url(self):
        return f"postgresql:///linli?host={self.folder / self.primary()}&user=linli"

    def as_owner(self, *more):
        return ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", self.folder / self.primary(), "-U", "linli",
                *([] if "-d" in more else ["-d", "linli"]), *map(str, more)]

    def psql(self, *more, input=None):
        done = subprocess.run(self.as_owner(*more), input=input, capture_output=True, text=True, timeout=600, env=self.env())
        assert done.returncode == 0, done.stderr
        return done.stdout

    def owner(self, text):
        return [line.split("|") for line in self.psql(input=text).splitlines()]

    def owner_session(self):
        return subprocess.Popen(self.as_owner(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, env=self.env())

    def postmaster(self, node):
        try:
            pid = int((self.folder / node / "disk" / "data" / "postmaster.pid").read_text().split()[0])
            return pid if pathlib.Path(f"/proc/{pid}").exists() else None
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def primary_pid(self):
        node = self.primary()
        return self.postmaster(node) if node else None

    def pids(self, node):
        return [int(p) for p in subprocess.run(["ip", "netns", "pids", self.namespace(node)], capture_output=True,
                                               text=True).stdout.split()]

    # linlid and the balancer ---------------------------------------------------------------------------------
    def make_linlids(self):
        both = f"{ADDRESS['db1']},{ADDRESS['db2']}"
        self.linlids = []
        # One file for all: it also keys the digests by which a repeated command is known, whichever linlid it comes to.
        with open(os.open(self.folder / "seal-keys", os.O_WRONLY | os.O_CREAT, 0o600), "w") as keys:
            keys.write(f"1 aes-256-gcm {os.urandom(32).hex()}\n")
        for node in ("a1", "a2", "a3"):
            hosts = ADDRESS["lb"] if node == "a3" else both
            (self.folder / node).mkdir()
            self.linlids.append(self.add(node, "linlid", [
                program("linlid"), "--listen", f"{ADDRESS[node]}:7443", "--data", self.folder / node, "--certificate", self.ca,
                "--key", self.key, "--seal-keys", self.folder / "seal-keys", "--hello-timeout", "30",
                "--database", f"postgresql://linlid@{hosts}/linli?target_session_attrs=read-write"]))
        config = self.folder / "haproxy.cfg"
        config.write_text(self.haproxy_settings())
        self.add("lb", "haproxy", ["/usr/sbin/haproxy", "-db", "-f", config])
        self.server = f"{ADDRESS['lb']}:7443"
        for linlid in self.linlids:
            until(lambda: "event=serving" in linlid.log.read_text(), f"{linlid.name} serves")

    @staticmethod
    def haproxy_settings():
        def servers(names, port, more):
            return "\n".join(f"    server {n} {ADDRESS[n]}:{port} {more}" for n in names)
        return f"""\
global
    maxconn 4000
defaults
    mode tcp
    retries 3
    option redispatch
    timeout connect 2s
    timeout client 2h
    timeout server 2h
listen linli
    bind {ADDRESS['lb']}:7443
    balance leastconn
    default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
{servers(("a1", "a2", "a3"), 7443, "check")}
listen database
    bind {ADDRESS['lb']}:5432
    option httpchk GET /primary
    default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
{servers(("db1", "db2"), 5432, "check port 8008")}
"""

    # Between faults ------------------------------------------------------------------------------------------
    def ready_again(self):
        """What the services' manager would have started again by now."""
        for one in self.programs.values():
            one.start()

    def healed(self, patience=240):
        self.ready_again()
        until(self.is_safe, "primary and synchronous standby stand", patience)

    def settle(self, patience=120):
        """Before a stroke: a failover is measured from a cluster that may fail over. False: it did not get there."""
        self.ready_again()
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.is_safe():
                return True
            time.sleep(0.5)
        return False

    def complaints(self):
        return said_by(self.folder.glob("linlid-*.log"))
