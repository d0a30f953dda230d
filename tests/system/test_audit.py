"""What an auditor's tools say: only TLS 1.3 with good ciphers and groups, nothing at all without our protocol's name,
and a unit that may do little.

Scanners do not offer the application protocol `linli/1`, without which linlid ends the handshake at its first message:
to them the port speaks no TLS. So what a client that knows the name could be talked into is asked one offer at a time.
"""
import pathlib
import re
import shutil
import subprocess
import unittest

from office import ROOT, Office

UNIT = ROOT / "server" / "data" / "linlid.service"
EXPOSURE = 1.5


def need(tool):
    return unittest.skipUnless(shutil.which(tool), f"{tool} is not installed; .packages/install test installs it")


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.office = Office().__enter__()
        cls.addClassCleanup(cls.office.__exit__, None, None, None)
        cls.at = f"127.0.0.1:{cls.office.ports[0]}"

    def offer(self, *words, alpn="linli/1", say=""):
        """What became of that offer of openssl's client: its whole report."""
        return subprocess.run(["openssl", "s_client", "-connect", self.at, "-CAfile", str(self.office.ca),
                               *(["-alpn", alpn] if alpn else []), *words],
                              input=say, capture_output=True, text=True, timeout=60).stdout

    def taken(self, *words, **how):
        found = re.search(r"^New, (TLSv1\.3), Cipher is (\S+)", self.offer(*words, **how), re.M)
        return found and found.group(2)

    def test_a_client_that_knows_the_name_is_served_and_its_certificate_is_proved(self):
        said = self.offer("-verify_return_error")
        self.assertIn("Verify return code: 0 (ok)", said)
        self.assertIn("ALPN protocol: linli/1", said)
        self.assertIn("Compression: NONE", said)
        bits = int(re.search(r"Server public key is (\d+) bit", said).group(1))
        self.assertGreaterEqual(bits, 256)

    def test_no_older_protocol_is_spoken(self):
        for version in ("-tls1", "-tls1_1", "-tls1_2"):
            self.assertIsNone(self.taken(version, "-cipher", "ALL:@SECLEVEL=0"), version)

    def test_only_ciphers_with_authentication_and_full_tags_are_taken(self):
        good = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}
        for cipher in (*good, "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256"):
            self.assertEqual(self.taken("-ciphersuites", cipher), cipher if cipher in good else None)

    def test_only_two_groups_are_taken(self):
        for group, good in (("X25519", True), ("P-256", True), ("P-384", False), ("P-521", False), ("X448", False),
                            ("ffdhe2048", False)):
            self.assertEqual(bool(self.taken("-groups", group)), good, group)

    def test_a_weak_signature_is_not_made(self):
        for algorithm in ("ecdsa_sha1", "rsa_pkcs1_sha1", "RSA+SHA1"):
            self.assertIsNone(self.taken("-sigalgs", algorithm, "-cipher", "ALL:@SECLEVEL=0"), algorithm)

    def test_nothing_is_taken_before_the_handshake_has_ended(self):
        session = self.office.dir / "session.pem"
        self.offer("-sess_out", str(session), "-ign_eof")  # until linlid has waited long enough for a hello
        data = self.office.dir / "early"
        data.write_text("early")
        said = self.offer("-sess_in", str(session), "-early_data", str(data))
        self.assertIn("Reused, TLSv1.3", said)
        self.assertNotIn("Early data was accepted", said)

    def test_without_the_protocols_name_there_is_no_tls_here(self):
        for alpn in ("", "h2", "http/1.1", "linli/2"):
            self.assertIsNone(self.taken(alpn=alpn), alpn or "none")

    @need("sslscan")
    def test_a_scanner_finds_no_protocol_no_cipher_and_no_heartbeat(self):
        said = subprocess.run(["sslscan", "--no-colour", self.at], capture_output=True, text=True, timeout=120).stdout
        self.assertIn("Testing SSL server", said)
        self.assertNotRegex(said, r"(?m)^(SSLv\d|TLSv[\d.]+) +enabled")
        self.assertNotRegex(said, r"(?m)^(Preferred|Accepted) ")
        self.assertNotIn(" vulnerable to heartbleed", said.replace("not vulnerable to heartbleed", ""))

    @need("systemd-analyze")
    def test_the_unit_may_do_little(self):
        asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={int(EXPOSURE * 10)}"]
        done = subprocess.run([*asked, str(UNIT)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
        open_unit = pathlib.Path(self.office.dir / "linlid-open.service")
        open_unit.write_text("[Service]\nExecStart=/usr/sbin/linlid\n")
        self.assertNotEqual(subprocess.run([*asked, str(open_unit)], capture_output=True).returncode, 0)


if __name__ == "__main__":
    unittest.main()
