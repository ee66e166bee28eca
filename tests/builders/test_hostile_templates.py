"""Templates that loop, grow, climb or crash: each is stopped, named and explained, and leaves no trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from builders.errors import TemplateError
from builders.templates import FROZEN_DATE, ChatTemplate, Signature, load_template, render, resolve
from builders.templates.limits import Limits
from builders.templates.worker import RenderProcess

USER = [{"role": "user", "content": "hello"}]
TIGHT = Limits(cpu_seconds=0.3, wall_seconds=8, output_characters=100_000)

COSTLY = {
    "a loop over a huge range": "{% for i in range(10**12) %}x{% endfor %}",
    "nested loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "a text repeated": "{{ 'a' * 10**10 }}",
    "a list repeated": "{{ ([0] * 10**10) | length }}",
    "a text doubled again and again": "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}"
    "{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s | length }}",
    "a text doubled by ~": "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}"
    "{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s | length }}",
    "a text doubled by join": "{% set ns = namespace(s='aaaaaaaa') %}{% for i in range(60) %}"
    "{% set ns.s = [ns.s, ns.s] | join %}{% endfor %}{{ ns.s | length }}",
    "a wide centre": "{{ 'x' | center(10**10) }}",
    "a wide format": "{{ '%09999999999d' % 1 }}",
    "a wide format by filter": "{{ '%9999999999s' | format('x') }}",
    "a wide str.format": "{{ '{:9999999999}'.format(1) }}",
    "a wide ljust": "{{ 'x'.ljust(10**10) }}",
    "a wide indent": "{{ messages | tojson(indent=10**10) }}",
    "a wide batch": "{{ [1] | batch(10**10, 'x') | list | length }}",
    "a huge power": "{{ 10 ** (10 ** 10) }}",
    "a tower of powers": "{{ 9 ** (9 ** (9 ** 9)) }}",
    "a number squared again and again": "{% set ns = namespace(n=3) %}{% for i in range(60) %}"
    "{% set ns.n = ns.n * ns.n %}{% endfor %}{{ ns.n > 0 }}",
    "a macro that calls itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "macros that call each other": "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}"
    "{{ f() }}",
    "a recursive loop": "{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}",
    "a lot of prose": "{{ lipsum(n=10**7) }}",
    "much printed": "{% for i in range(99999) %}{{ messages[0].content * 1000 }}{% endfor %}",
    "a gigabyte printed at once": "{% for i in range(1000) %}{{ 'a' * 1000000 }}{% endfor %}",
    "deep brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep blocks": "{% if true %}" * 3000 + "{% endif %}" * 3000,
    "a slow replacement": "{% set ns = namespace(s='ab' * 1000000) %}{% for i in range(99999) %}"
    "{% set ns.s = ns.s.replace('a', 'ba')[:2000000] %}{% endfor %}",
}

CLIMBING = {
    "class": "{{ ''.__class__ }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "subscript": "{{ ''['__class__'] }}",
    "attr filter": "{{ '' | attr('__class__') }}",
    "map attribute": "{{ [''] | map(attribute='__class__') | list | first }}",
    "cycler": "{{ cycler.__init__.__globals__ }}",
    "joiner": "{{ joiner.__init__.__globals__.os.popen('id') }}",
    "lipsum": "{{ lipsum.__globals__['os'].environ }}",
    "namespace": "{{ namespace.__init__.__globals__ }}",
    "namespace underscore": "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
    "dict": "{{ dict.__class__.__mro__ }}",
    "raise_exception": "{{ raise_exception.__globals__ }}",
    "strftime_now": "{{ strftime_now.__closure__ }}",
    "format": "{{ '{0.__class__.__init__.__globals__}'.format(cycler) }}",
    "format map": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "self": "{{ self.__init__.__globals__ }}",
    "macro": "{% macro f() %}{% endmacro %}{{ f.__call__.__globals__ }}",
    "generator frame": "{{ (messages | map('upper')).gi_frame.f_globals }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import '/etc/passwd' as p %}",
    "extends": "{% extends '/etc/passwd' %}",
    "open": "{{ open('/etc/passwd').read() }}",
    "changing the messages": "{{ messages.clear() }}",
    "changing a message": "{{ messages[0].pop('content') }}",
}


def refusal(source: str, limits: Limits = TIGHT) -> TemplateError:
    template = ChatTemplate("hostile.jinja", source)
    with pytest.raises(TemplateError) as caught:
        render(template, USER, limits=limits)
    return caught.value


@pytest.mark.parametrize("name", COSTLY)
def test_a_costly_template_is_stopped(name: str):
    error = refusal(COSTLY[name])
    assert error.where is not None
    assert error.where.startswith("hostile.jinja")
    assert error.help
    assert "\n" not in error.message
    assert len(error.message) < 700


@pytest.mark.parametrize("name", CLIMBING)
def test_a_climbing_template_reaches_nothing(name: str):
    template = ChatTemplate("hostile.jinja", CLIMBING[name])
    try:
        shown = render(template, USER, limits=TIGHT)
    except TemplateError as refused:
        shown = str(refused)
    else:  # the sandbox shows what is not to be had as undefined, which prints nothing
        assert shown in ("", "\n")
    assert "root:" not in shown


def test_a_worker_that_was_killed_is_replaced():
    looping = ChatTemplate("looping.jinja", COSTLY["nested loops"])
    fine = ChatTemplate("fine.jinja", "{{ messages[0].content }}")
    with pytest.raises(TemplateError, match="did not finish within 1 s"):
        render(looping, USER, limits=Limits(cpu_seconds=60, wall_seconds=1))
    assert render(fine, USER) == "hello"
    with pytest.raises(TemplateError, match=r"more than 0\.3 s of processor time"):
        render(looping, USER, limits=TIGHT)
    assert render(fine, USER) == "hello"


def test_resolving_a_costly_template_is_an_error_and_no_condition():
    with pytest.raises(TemplateError, match=r"range|too large|too many|Range"):
        resolve(ChatTemplate("hostile.jinja", COSTLY["a loop over a huge range"]), Signature("absent"))
    with pytest.raises(TemplateError, match="more than"):
        resolve(ChatTemplate("hostile.jinja", COSTLY["a gigabyte printed at once"]), Signature("absent"))


def test_a_template_that_always_raises_is_an_error_and_no_condition():
    template = ChatTemplate("raising.jinja", "\n{{ raise_exception('not today') }}")
    with pytest.raises(TemplateError, match=r"raising\.jinja:2: .* refuses every conversation: not today"):
        resolve(template, Signature("absent"))


def test_what_raises_shows_no_control_characters_and_no_length():
    assert len(refusal("{{ raise_exception('x' * 100000) }}").message) < 700
    assert "no\\x1b[31m \\u202e" in refusal("{{ raise_exception('no\x1b[31m\n\u202e') }}").message


@pytest.mark.parametrize(
    "content", [b"\xff\xfe{{", b"{{ messages", b"{% for %}", b"{% unknown %}", b"\x00" * 10 + b"{{"]
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.jinja"
    path.write_bytes(content)
    with pytest.raises((TemplateError, Exception), match=r"broken\.jinja") as caught:
        resolve(load_template(path), Signature("absent"))
    assert caught.type.__module__ == "builders.errors"


def test_the_embedded_template_needs_no_process():
    code = (
        "from builders.templates import *; import sys; resolve(load_template(), Signature('absent')); "
        "print('builders.templates.worker' in sys.modules, 'trl' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env()
    )
    assert done.stdout.split() == ["False", "False", "False"]


def test_no_process_is_left_behind():
    code = (
        "from builders.templates import *\n"
        "from builders.templates import worker\n"
        "t = ChatTemplate('fine', '{{ messages[0].content }}')\n"
        "render(t, [{'role': 'user', 'content': 'x'}])\n"
        "print(worker._shared._process.pid)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=_env()
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int(done.stdout), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")
def test_the_worker_can_open_no_file():
    """Should a template ever climb out of the sandbox, it would find the process without files."""
    import builders.templates.worker as worker

    code = worker._START.replace(
        "serve()", "_warm_up(); worker._bound_process(1 << 30); open('/etc/passwd')", 1
    )
    code = code.replace("import serve", "import _warm_up; from builders.templates import worker").replace(
        "; serve()", ""
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(sys.path)], capture_output=True, text=True, check=False
    )
    assert "Too many open files" in done.stderr


def test_no_interpreter_to_render_with_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(
        TemplateError, match="/no/such/python: cannot start the process that renders templates"
    ):
        RenderProcess().render("{{ 1 }}", {}, FROZEN_DATE, Limits(), 100)


def test_a_fork_does_not_talk_to_its_parents_worker():
    process = RenderProcess()
    first = process.render("{{ 1 }}", {}, FROZEN_DATE, Limits(), 100)
    assert first.text == "1"
    process._owner = -1
    mine = process._process
    assert process.render("{{ 2 }}", {}, FROZEN_DATE, Limits(), 100).text == "2"
    assert mine is not process._process
    assert mine is not None
    mine.kill()
    mine.wait()
    process.close()


def _env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)}


IMPORTED_LATE = {
    "striptags": "{{ '<b>a</b> &amp; b' | striptags }}",
    "unescape": "{{ ('&lt;' | safe | escape).unescape() }}",
    "wordwrap": "{{ 'some words that are wrapped' | wordwrap(9) }}",
    "pprint": "{{ {'a': [1, 2]} | pprint }}",
    "lipsum": "{{ lipsum(n=1) | length > 0 }}",
    "urlize": "{{ 'see example.org now' | urlize }}",
    **{
        f"codec {name}": f"{{{{ 'he'.encode('{name}') | length }}}}"
        for name in ("utf-16", "idna", "cp437", "shift_jis", "koi8-r", "utf-7")
    },
}


@pytest.mark.parametrize("name", IMPORTED_LATE)
def test_what_is_imported_late_renders_as_it_does_without_limits(name: str):
    from datetime import datetime

    from builders.templates.environment import CompiledTemplate

    source = IMPORTED_LATE[name]
    plain = "".join(CompiledTemplate(source).generate({"messages": USER}, datetime.min))
    assert render(ChatTemplate("late.jinja", source), USER) == plain
    assert plain


def test_all_renderings_together_have_a_bound():
    slow = ChatTemplate("slow.jinja", "{% for i in range(20000) %}{% set x = i * i %}{% endfor %}once")
    none = Limits(total_seconds=0.0, each_seconds=0.0)
    assert render(slow, USER, limits=none) == "once"  # nothing is used up yet
    with pytest.raises(TemplateError, match="of processor time for 1 renderings"):
        render(slow, USER, limits=none)
    assert render(slow, USER) == "once"  # and under the usual bound it goes on
