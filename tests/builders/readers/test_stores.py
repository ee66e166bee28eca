"""Object stores, against a local server that speaks S3 (moto's, where it is installed)."""

import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

import auditor
from builders.bounds import Bounds, bounded
from builders.errors import InputError
from builders.readers.target import locate
from tests.conformance.datasets import confounded
from tests.conformance.engines import said, write

SECRET = "a-secret-that-nobody-prints"


@pytest.fixture(scope="module")
def server():
    moto = pytest.importorskip("moto.server", reason="no local S3 server: pip install 'moto[server,s3]'")
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def store(server, monkeypatch):
    """A bucket, and what puts an object into it."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "some-key",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)

    system = fs.S3FileSystem(
        access_key="some-key", secret_key=SECRET, endpoint_override=server, allow_bucket_creation=True
    )
    system.create_dir("bucket")

    def put(key, data):
        with system.open_output_stream(key, compression=None) as stream:
            stream.write(data)

    return put


def lines(records):
    return "".join(json.dumps(each) + "\n" for each in records).encode()


def test_rows_of_a_store_are_read_as_files_here(store, tmp_path):
    records = confounded().records
    (tmp_path / "rows").mkdir()
    write(tmp_path / "rows" / "a.jsonl", records[:150])
    write(tmp_path / "rows" / "b.jsonl", records[150:])
    ours = said(auditor.scan(str(tmp_path / "rows")), files=False)
    table = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), table)
    store("bucket/rows/a.jsonl", lines(records[:150]))
    store("bucket/rows/b.jsonl", lines(records[150:]))
    store("bucket/rows/notes.txt", b"no rows")
    store("bucket/whole.parquet", table.getvalue())
    store("bucket/whole.jsonl.gz", gzip.compress(lines(records)))
    for address in (
        "s3://bucket/rows",
        "s3://bucket/rows/",
        "s3://bucket/r*s/[ab].jsonl",
        "s3://bucket/whole.parquet",
        "s3://bucket/whole.jsonl.gz",
    ):
        assert said(auditor.scan(address), files=False) == ours, address


def test_evidence_names_the_object_and_its_line(store):
    store("bucket/rows.jsonl", lines(confounded().records))
    rows = [each for found in auditor.scan("s3://bucket/rows.jsonl").findings() for each in found.evidence]
    assert {each.path for each in rows if each.line} == {"s3://bucket/rows.jsonl"}


@pytest.mark.parametrize(
    "address", ["s3://bucket/none.jsonl", "s3://bucket/none/*.jsonl", "s3://nobody/rows.jsonl"]
)
def test_what_is_not_there_is_said_without_a_secret(store, address):
    with pytest.raises(InputError) as error:
        locate(address)
    assert error.value.where == address
    assert SECRET not in str(error.value)


def test_an_object_beyond_its_bound_is_not_copied(store):
    data = lines(confounded().records)
    store("bucket/bound.jsonl", data)
    with bounded(Bounds(stream_gb=len(data) / 2**30)):
        assert len(locate("s3://bucket/bound.jsonl").pieces) == 1
    with bounded(Bounds(stream_gb=(len(data) - 1) / 2**30)), pytest.raises(InputError, match="stream-gb"):
        locate("s3://bucket/bound.jsonl")


def test_an_address_with_credentials_is_refused_and_not_repeated():
    with pytest.raises(InputError, match="carries credentials") as error:
        locate(f"s3://key:{SECRET}@bucket/rows.jsonl")
    assert SECRET not in str(error.value) + str(error.value.where) + str(error.value.help)


def test_a_description_does_not_lead_to_a_store_by_itself(tmp_path):
    (tmp_path / "dataset_info.json").write_text(json.dumps({"far": {"file_name": "s3://bucket/rows.jsonl"}}))
    with pytest.raises(InputError):
        locate(f"{tmp_path}/dataset_info.json#far")
