from __future__ import annotations

from tests.checks.source import expect


def test_results_that_are_reused_because_they_exist():
    expect(
        "SRC006",
        """
        import json
        import os
        from pathlib import Path

        def run(result_path, config):
            if result_path.exists():  # !
                print("already there")
                with open(result_path) as file:
                    return json.load(file)
            result = train(config)
            with open(result_path, "w") as file:
                json.dump(result, file)
            return result

        def skipped(folder):
            out = folder / "rows.jsonl"
            if out.exists():  # !
                print("Delete to make it again.")
                return
            write_jsonl(make(), folder / "rows.jsonl")

        def otherwise(cache_file):
            if os.path.exists(cache_file):  # !
                rows = torch.load(cache_file)
            else:
                rows = make()
                torch.save(rows, cache_file)
            return rows

        def made_if_missing(path):
            if not path.exists():  # !
                path.write_text(make())
            return json.loads(path.read_text())

        def in_a_loop(configs):
            for config in configs:
                output = f"results/{config}.json"
                if os.path.isfile(output):  # !
                    continue
                json.dump(train(config), open(output, "w"))
        """,
    )


def test_near_misses():
    expect(
        "SRC006",
        """
        import json
        import os

        def needed(path):
            if not path.exists():
                raise FileNotFoundError(path)
            return json.loads(path.read_text())

        def refused(path):
            if path.exists():
                raise FileExistsError(path)
            path.write_text("x")

        def keyed_by_name(config, folder):
            path = folder / f"{digest(config)}.json"
            if path.exists():
                return json.loads(path.read_text())
            path.write_text(json.dumps(train(config)))

        def keyed_by_content(path, config):
            if path.exists():
                stored = json.loads(path.read_text())
                if stored["config_hash"] == hash_of(config):
                    return stored
            stored = train(config)
            path.write_text(json.dumps(stored))
            return stored

        def download(path, url):
            if not path.exists():
                urlretrieve(url, path)
                path.write_bytes(path.read_bytes())
            return path.read_text()

        def only_reads(path):
            if path.exists():
                return json.loads(path.read_text())
            return {}

        def another_file(path, other):
            if path.exists():
                return json.loads(path.read_text())
            other.write_text("x")

        def folder(path):
            if not path.exists():
                path.mkdir()
            (path / "rows.json").write_text("[]")
        """,
    )


def test_an_option_or_a_download_is_a_decision():
    expect(
        "SRC006",
        """
        import json
        import requests

        def option(path, args):
            if path.exists() and not args.overwrite:
                return json.loads(path.read_text())
            path.write_text(json.dumps(train(args)))

        def fetched(path):
            if path.exists():
                return json.loads(path.read_text())
            rows = requests.get("https://example.org/rows.json").json()
            path.write_text(json.dumps(rows))
            return rows

        def address(path):
            if not path.exists():
                path.write_text(load("https://example.org/rows.csv"))
            return path.read_text()
        """,
    )
