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


def test_writers_in_other_places():
    expect(
        "SRC006",
        """
        import json
        import os
        import shutil
        from elsewhere import generate_rows, log_path

        def by_a_function_elsewhere(rows, result_path):
            if result_path.exists():  # !
                print("there already")
                return
            generate_rows(rows, output_path=str(result_path))

        def told_to_a_function_elsewhere(rows, result_path):
            if result_path.exists():
                print("there already")
                return
            log_path(rows, seen=result_path)

        def by_a_function_here(rows, result_path):
            if result_path.exists():  # !
                return json.loads(result_path.read_text())
            made = make(rows)
            put(made, result_path)
            return made

        def put(made, where):
            with open(where, "w") as file:
                json.dump(made, file)

        def read_here(rows, result_path):
            if result_path.exists():
                return json.loads(result_path.read_text())
            return take(result_path)

        def take(where):
            with open(where) as file:
                return json.load(file)

        def renamed(rows, result_path):
            if os.path.exists(result_path):  # !
                return json.load(open(result_path))
            temporary = str(result_path) + ".tmp"
            json.dump(make(rows), open(temporary, "w"))
            os.replace(temporary, result_path)

        def moved(rows, result_path):
            if os.path.exists(result_path):  # !
                return json.load(open(result_path))
            shutil.move(make(rows), result_path)

        def appended(rows, result_path):
            if os.path.exists(result_path):  # !
                return json.load(open(result_path))
            with open(result_path, "a") as file:
                file.write(make(rows))
        """,
    )


def test_what_is_fetched_is_no_result_and_what_is_cloned_is_not_fetched():
    expect(
        "SRC006",
        """
        import json
        import requests
        from datasets import load_dataset

        def cloned(path, model, rows):
            if path.exists():  # !
                return json.loads(path.read_text())
            hidden = model(rows).clone().mean()
            path.write_text(json.dumps(hidden))

        def a_variable(path, requests_made, rows):
            if path.exists():  # !
                return json.loads(path.read_text())
            path.write_text(json.dumps(answers(requests_made)))

        def fetched(path):
            if path.exists():
                return json.loads(path.read_text())
            path.write_text(requests.get("address").text)

        def from_the_hub(path):
            if path.exists():
                return json.loads(path.read_text())
            rows = load_dataset("TIGER-Lab/MMLU-Pro", split="test")
            path.write_text(json.dumps(list(rows)))

        def from_a_file(path, source):
            if path.exists():  # !
                return json.loads(path.read_text())
            rows = load_dataset("json", data_files=source)
            path.write_text(json.dumps(list(rows)))

        def fetched_and_answered(path, model):
            if path.exists():  # !
                return json.loads(path.read_text())
            rows = load_dataset("TIGER-Lab/MMLU-Pro", split="test")
            path.write_text(json.dumps([model.generate(row) for row in rows]))
        """,
    )


def test_a_comparison_with_what_is_stored_decides():
    expect(
        "SRC006",
        """
        import json

        def compared(path, config):
            if path.exists():
                stored = json.loads(path.read_text())
                if stored["config"] == config:
                    return stored["rows"]
            path.write_text(json.dumps({"config": config, "rows": make(config)}))

        def beside(path, config):
            if path.exists() and json.loads((path / "made_from.json").read_text()) == config:
                return json.loads(path.read_text())
            path.write_text(json.dumps(make(config)))

        def counted(path, config):
            if path.exists():  # !
                stored = json.loads(path.read_text())
                if stored["state"] == "done":
                    return stored["rows"]
                return None
            path.write_text(json.dumps({"rows": make(config)}))
        """,
    )


def test_addresses_and_folders():
    expect(
        "SRC006",
        """
        import os

        def from_an_address(layer, cache_path):
            address = f"az://models/layer-{layer}.pt"
            if not cache_path.exists():
                with Blob(address, "rb") as blob, open(cache_path, "wb") as file:
                    file.write(blob.read())
            return load(cache_path)

        def a_folder(output_dir):
            if os.path.exists(output_dir):
                return
            os.makedirs(output_dir)
            save_model(output_dir)

        def made(layer, cache_path):
            if not cache_path.exists():  # !
                with open(cache_path, "wb") as file:
                    file.write(compute(layer))
            return load(cache_path)
        """,
    )
