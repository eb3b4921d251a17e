"""Has OpenSSL read and verify every certificate that a hub and a region make.

Usage: certificates.py BIN_DIR

The hub's CA, its server as it answers, the member, the region's own CA, its server, and a source. OpenSSL must accept each
for its purposes and refuse it for others and by another authority, and must find the name and the uses that we meant.
"""

import pathlib
import subprocess
import sys
import tempfile

from programs import NODE, SOURCE, TERRITORY, Programs

FEDERATION = "ru"


def openssl(*arguments, code: int = 0) -> str:
    command = ["openssl", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, input="")
    if (done.returncode == 0) != (code == 0):
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def reads(certificate: pathlib.Path, *expected: str) -> None:
    text = openssl("x509", "-in", certificate, "-noout", "-text")
    for words in expected:
        if words not in text:
            raise AssertionError(f"{certificate.name}: no «{words}» in\n{text}")


def verifies(certificate: pathlib.Path, authority: pathlib.Path, *purposes: str) -> None:
    """By this authority, for these purposes and no other."""
    for purpose in ("sslclient", "sslserver", "smimesign", "timestampsign"):
        good = purpose in purposes
        arguments = ("verify", "-x509_strict", "-CAfile", authority, "-purpose", purpose, certificate)
        openssl(*arguments, code=0 if good else 2)


def answers(address: str, authority: pathlib.Path, name: str, *client) -> None:
    """The server at an address shows a chain that OpenSSL trusts, for its name and no other."""
    common = ("s_client", "-connect", address, "-CAfile", authority, "-alpn", "h2", "-tls1_3", "-verify_return_error")
    openssl(*common, "-servername", name, "-verify_hostname", name, *client)
    openssl(*common, "-servername", name, "-verify_hostname", f"other.{FEDERATION}.internal", *client, code=1)


def check(bin_dir: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(prefix="svodka-certificates-") as base:
        programs = Programs(bin_dir, pathlib.Path(base))
        hub, node, keys = programs.hub_dir / "identity", programs.node_dir / "identity", programs.keys_dir
        programs.hub("init")
        with programs.serving("federal-hub", programs.hub_dir) as address:
            invitation = programs.base / "invitation.txt"
            invitation.write_text(programs.hub("invite", NODE, "--territory", TERRITORY))
            programs.node("join", "--parent", address, "--invitation", str(invitation))
            answers(address, hub / "ca.crt", f"hub.{FEDERATION}.internal")
        programs.node("source", "add", "crm", "--source", SOURCE, "--out", str(keys))
        with programs.serving("region-node", programs.node_dir) as address:
            client = ("-cert", keys / "client.pem", "-key", keys / "client.key")
            answers(address, keys / "ca.pem", f"{NODE}.{FEDERATION}.internal", *client)
        for authority in (hub / "ca.crt", node / "ca.crt", keys / "ca.pem"):
            reads(authority, "CA:TRUE", "Certificate Sign")
            openssl("verify", "-x509_strict", "-CAfile", authority, authority)
        reads(node / "tls.crt", f"URI:spiffe://{FEDERATION}/node/{NODE}", "TLS Web Client Authentication")
        verifies(node / "tls.crt", node / "parent-ca.crt", "sslclient", "sslserver")
        openssl("verify", "-CAfile", keys / "ca.pem", node / "tls.crt", code=2)
        source = f"URI:spiffe://{FEDERATION}/node/{NODE}/source/crm"
        reads(keys / "client.pem", source, "TLS Web Client Authentication")
        verifies(keys / "client.pem", keys / "ca.pem", "sslclient")
        openssl("verify", "-CAfile", hub / "ca.crt", keys / "client.pem", code=2)
        print("  OpenSSL reads, verifies and refuses as it should: two authorities, two servers, a member, a source")


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    check(pathlib.Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
