"""Several connections at once: exactly once, gapless, and what linlid's role can and cannot do. Prints TAP.

Each writer is a psql that is fed a script; the seed of the rollbacks is printed and may be given as SEED.
"""

import os
import random
import subprocess
import time

SEED = int(os.environ.get("SEED", random.randrange(10**6)))
HASH = "$argon2id$v=19$m=19456,t=2,p=1$" + "a" * 22 + "$" + "b" * 43
checks = 0


def ok(good, what, detail=""):
    global checks
    checks += 1
    print(("ok" if good else "not ok"), checks, "-", what, flush=True)
    if not good:
        print("# seed", SEED, detail)


def start(user="linlid"):
    return subprocess.Popen(["psql", "-qAtX", "-v", "ON_ERROR_STOP=0", "-U", user, "-F", "|"], text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def run(script, user="linlid"):
    return start(user).communicate(script)[0].strip()


def owner(script):
    return run(script, "owner")


def new_id(number, milliseconds=None):
    return f"{(milliseconds or int(time.time() * 1000)):012x}7000800000000000{number:04x}"[:32]


def put(uuid, code, name, session="sha256('t')", stream=5):
    return (f"SELECT refusal, repeated, stream, seq FROM api_1.district_put({session}, '{uuid}', {stream}, NULL, now(), "
            f"sha256('{name}'), '{code}', '{name}')")


def a_repeat_that_overlaps():
    """The second run must wait for the first, and then tell its outcome."""
    uuid = new_id(1)
    first, second = start(), start()
    first.stdin.write("BEGIN;\n" + put(uuid, "110102000000", "w") + ";\n\\echo done\n")
    first.stdin.flush()
    while first.stdout.readline().strip() != "done":
        pass
    second.stdin.write(put(uuid, "110102000000", "w") + ";\n")
    second.stdin.close()
    for _ in range(200):
        if owner("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0":
            break
        time.sleep(0.02)
    else:
        ok(False, "the repeat waits for the first run")
    first.communicate("COMMIT;\n")
    answer = second.stdout.read().strip()
    second.wait()
    head = owner("SELECT head FROM linli.stream WHERE stream = 5")
    ok(answer == f"|t|5|{head}", "a repeat that overlaps its first run waits and returns its outcome", answer)


def many_writers():
    """Four writers, random rollbacks, now and then the same command again: the stream has no gap and each command one event."""
    dice = random.Random(SEED)
    before = int(owner("SELECT head FROM linli.stream WHERE stream = 5"))
    writers = []
    expected = 0
    for w in range(4):
        script = []
        for batch in range(40):
            commands = [(new_id(1000 + w * 4000 + batch * 10 + i), f"{200000 + w * 4000 + batch * 10 + i:06d}000000")
                        for i in range(dice.randrange(1, 6))]
            rolled_back = dice.random() < 0.3
            for attempt in range(2 if rolled_back or dice.random() < 0.2 else 1):
                script.append("BEGIN;")
                script += [put(uuid, code, "n" + code) + ";" for uuid, code in commands]
                script.append("ROLLBACK;" if rolled_back and attempt == 0 else "COMMIT;")
            expected += len(commands)
        writers.append((start(), "\n".join(script)))
    for process, script in writers:
        process.stdin.write(script)
        process.stdin.close()
    output = [process.stdout.read() for process, _script in writers]
    for process, _script in writers:
        process.wait()
    head = int(owner("SELECT head FROM linli.stream WHERE stream = 5"))
    ok(head - before == expected, f"four writers made {expected} events, each command one", head - before)
    ok(not any("ERROR" in text for text in output), "no writer met an error or a deadlock", [t for t in output if "ERROR" in t][:1])
    ok(owner("SELECT max(seq) = count(*) FROM linli.event WHERE stream = 5") == "t", "no sequence number is missing")
    ok(owner("SELECT string_agg(what, ';') FROM linli.audit_verify()") == "", "the chain verifies and the tables agree",
       owner("SELECT * FROM linli.audit_verify() LIMIT 3"))


def a_disabled_account_keeps_no_session():
    """Disabling waits for a sign-in under way, and ends it; or the sign-in waits, and is refused."""
    owner(f"SELECT api_1.account_add(NULL, '{new_id(7)}', 5, NULL, now(), 'd', 'late', 'late', '{HASH}', NULL, NULL, NULL)")
    account = owner("SELECT id FROM linli.account WHERE name = 'late'")
    sign = start()
    sign.stdin.write("BEGIN; SELECT error FROM api_1.sign_in_end('late', '00000000-0000-7000-8000-0000000000aa', 'd', 'x', true, sha256('late'));\n\\echo done\n")
    sign.stdin.flush()
    while sign.stdout.readline().strip() != "done":
        pass
    disable = start()
    disable.stdin.write(f"SELECT refusal FROM api_1.account_disable(sha256('t'), '{new_id(8)}', 5, NULL, now(), 'd', {account});\n")
    disable.stdin.close()
    for _ in range(200):
        if owner("SELECT count(*) FROM pg_locks WHERE NOT granted") != "0":
            break
        time.sleep(0.02)
    sign.communicate("COMMIT;\n")
    disable.wait()
    ok(owner(f"SELECT count(*) FROM linli.session WHERE account = {account}") == "0", "a sign-in that overlaps a disabling leaves no session")


def a_job_runs_once():
    """Two processes of the scheduler take the same list."""
    owner("DELETE FROM linli.job")
    owner(f"SELECT api_1.account_enable(NULL, '{new_id(9)}', 5, NULL, now(), 'd', (SELECT id FROM linli.account WHERE name = 'late'))")
    due = run("SELECT stream, job, id, digest FROM api_1.due_list(10)").split("|")
    call = f"SELECT refusal, repeated, seq FROM api_1.due_run(NULL, '{due[2]}', {due[0]}, NULL, now(), '{due[3]}', {due[1]});\n"
    both = [start(), start()]
    for process in both:
        process.stdin.write(call)
        process.stdin.close()
    answers = sorted(process.stdout.read().strip() for process in both)
    for process in both:
        process.wait()
    ok(answers[0].split("|")[1:] == ["f", answers[1].split("|")[2]] and answers[1].startswith("|t|"),
       "a job that two processes take runs once, and both learn its event", answers)


def linlid_is_kept_out():
    for what, sql in {
        "read a table": "SELECT * FROM linli.account",
        "write a table": "UPDATE linli.account SET disabled = false",
        "call an inner function": "SELECT linli.clock()",
        "verify the audit": "SELECT * FROM linli.audit_verify()",
        "become the owner": "SET ROLE linli_owner",
        "make a table": "CREATE TABLE public.x (i int)",
        "replace a function": "CREATE FUNCTION api_1.ring(streams bigint[]) RETURNS void LANGUAGE sql AS 'SELECT 1'",
    }.items():
        text = run(sql)
        ok("permission denied" in text, f"linlid cannot {what}", text)
    shadow = run("CREATE TEMP TABLE session (token bytea, account bigint, office bigint, expires_at timestamptz);"
                 "INSERT INTO session VALUES (sha256('forged'), 1, 1, 'infinity');"
                 + put(new_id(20), "119900000000", "x", "sha256('forged')"))
    ok(shadow.startswith("signed_out"), "a temporary table does not shadow linli.session", shadow)
    ok(run(put(new_id(23), "119900000000", "x", "NULL")).startswith("signed_out"), "linlid is not the system when it forgets the session")
    late = run("SET linli.clock = '2001-01-01';" + put(new_id(21), "119900000000", "x"))
    ok(late.startswith("|f|"), "linlid cannot set the clock", late)
    zone = run("SET timezone = 'America/New_York';" + f"SELECT r.refusal FROM api_1.device_revoke(sha256('t'), '{new_id(22)}', 7, NULL, now(), 'd', '00000000-0000-7000-8000-00000000000d') r")
    body = owner("SELECT body ->> 'last_seen_at' FROM linli.event WHERE stream = 7 ORDER BY seq DESC LIMIT 1")
    ok(zone == "" and body.endswith("+00:00"), "a connection in another time zone tells times in UTC", zone + body)


owner(f"SELECT linli.bootstrap('root', 'root', '{HASH}')")
run("SELECT error FROM api_1.sign_in_end('root', '00000000-0000-7000-8000-00000000000d', 'd', 'x', true, sha256('t'))")
a_repeat_that_overlaps()
many_writers()
a_disabled_account_keeps_no_session()
a_job_runs_once()
linlid_is_kept_out()
print(f"1..{checks}")
