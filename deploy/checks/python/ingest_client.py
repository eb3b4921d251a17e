"""Brings incidents to a node as a source system would: a client generated from `proto/`, over mutual TLS.

Usage: ingest_client.py ADDRESS SERVER_NAME KEYS_DIR PROTO_DIR

KEYS_DIR is what `region-node source add` wrote: `ca.pem`, `client.pem`, `client.key`. SERVER_NAME is the name in the
node's certificate, `<node>.<federation>.internal`, whatever address is dialled. It expects a node of the shipped
federation that covers RU-SVE, and incidents that nobody brought before.
"""

import datetime
import importlib
import importlib.resources
import pathlib
import sys
import tempfile
import uuid

import grpc
from grpc_tools import protoc

DEADLINE_S = 20


def generate(proto: pathlib.Path, out: pathlib.Path) -> None:
    """Writes the generated modules of every file below `proto` to `out`."""
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    files = sorted(str(file.relative_to(proto)) for file in proto.rglob("*.proto"))
    arguments = ["protoc", f"-I{proto}", f"-I{well_known}", f"--python_out={out}", f"--grpc_python_out={out}", *files]
    if protoc.main(arguments) != 0:
        raise RuntimeError("protoc could not read proto/")


def channel(address: str, server_name: str, keys: pathlib.Path) -> grpc.Channel:
    """A channel that shows the source's certificate and trusts the node's own authority alone."""
    read = lambda name: (keys / name).read_bytes()
    credentials = grpc.ssl_channel_credentials(read("ca.pem"), read("client.key"), read("client.pem"))
    return grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", server_name)])


def moment(days_ago: float):
    """A protobuf timestamp so many days before now."""
    from google.protobuf.timestamp_pb2 import Timestamp

    stamp = Timestamp()
    stamp.FromDatetime(datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=days_ago))
    return stamp


def item(pb, external_id: str, updated_at, **fields):
    """An item that tells an incident of Sverdlovsk oblast."""
    incident = pb.Incident(external_id=external_id, territory="RU-SVE", network="vk", **fields)
    return pb.IngestItem(incident=incident, updated_at=updated_at)


def outcomes(pb, response) -> list:
    """The outcomes by name, in the order of the items."""
    return [pb.ItemOutcome.Name(result.outcome).removeprefix("ITEM_OUTCOME_") for result in response.results]


def expect(what: str, got, wanted) -> None:
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def converse(pb, stub) -> None:
    """Two incidents in one call, the call again, then a batch on a stream."""
    run = uuid.uuid4().hex
    told, registered, answered = moment(2), moment(3), moment(1)
    known = item(pb, f"{run}-1", told, registered=registered, topic="roads")
    unknown_topic = item(pb, f"{run}-2", told, registered=registered, topic="no such topic")
    request = pb.IngestRequest(request_id=f"{run}-call", items=[known, unknown_topic])

    first = stub.Ingest(request, timeout=DEADLINE_S)
    expect("outcomes of the call", outcomes(pb, first), ["ACCEPTED", "ACCEPTED"])
    expect("unmatched fields", [list(result.unmatched_fields) for result in first.results], [[], ["topic"]])
    assert first.journal_position > 0, "an accepted call has a place in the journal"
    expect("the repeated call", stub.Ingest(request, timeout=DEADLINE_S), first)

    answer = item(pb, f"{run}-1", answered, registered=registered, topic="roads", final=answered)
    without_registration = item(pb, f"{run}-3", told, topic="roads")
    third = item(pb, f"{run}-4", told, registered=registered, topic="roads", final=told)
    batch = pb.IngestRequest(request_id=f"{run}-batch", items=[answer, without_registration, third, known])
    replies = list(stub.IngestStream(iter([pb.IngestStreamRequest(batch=batch)]), timeout=DEADLINE_S))
    expect("replies on the stream", [reply.request_id for reply in replies], [batch.request_id])
    response = replies[0].response
    expect("outcomes of the batch", outcomes(pb, response), ["UPDATED", "REJECTED", "ACCEPTED", "SUPERSEDED"])
    expect("field of the rejection", response.results[1].rejection.field, "items[1].incident.registered")


def refused_without_certificate(stub_of, pb, address: str, server_name: str, keys: pathlib.Path) -> None:
    """A caller without a client certificate gets nothing."""
    credentials = grpc.ssl_channel_credentials((keys / "ca.pem").read_bytes())
    with grpc.secure_channel(address, credentials, [("grpc.ssl_target_name_override", server_name)]) as bare:
        try:
            stub_of(bare).Ingest(pb.IngestRequest(request_id="bare"), timeout=DEADLINE_S)
        except grpc.RpcError:
            return
    raise AssertionError("a caller without a certificate was answered")


def check(address: str, server_name: str, keys: pathlib.Path, proto: pathlib.Path) -> None:
    """Raises unless the node answers as `proto/` says."""
    with tempfile.TemporaryDirectory() as out:
        generate(proto, pathlib.Path(out))
        sys.path.insert(0, out)
        pb = importlib.import_module("svodka.v1.ingest_pb2")
        stub_of = importlib.import_module("svodka.v1.ingest_pb2_grpc").IngestServiceStub
        with channel(address, server_name, keys) as open_channel:
            converse(pb, stub_of(open_channel))
        refused_without_certificate(stub_of, pb, address, server_name, keys)


def main() -> int:
    if len(sys.argv) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    address, server_name, keys, proto = sys.argv[1:]
    check(address, server_name, pathlib.Path(keys), pathlib.Path(proto))
    print("a generated client ingested by call and by stream; the repeated call got the same answer")
    return 0


if __name__ == "__main__":
    sys.exit(main())
