"""What a template may do, what it is given, and what of a conversation it can depend on: both sides of each rule."""

from __future__ import annotations

import io
import json
import resource
import signal
from datetime import datetime

import pytest

from builders.templates import ChatTemplate, Signature, load_template, render
from builders.templates import worker as rendering_worker
from builders.templates.contexts import context_of, cut, described, spelled, spoken
from builders.templates.environment import line_of, parsed
from builders.templates.execution import Rendered, execute
from builders.templates.framing import common_ends, frame_of, system_messages, whole_of
from builders.templates.limits import LIMITS, Limits
from builders.templates.opaque import LONGEST, Opaque, opaque
from builders.templates.profile import Profile
from builders.templates.rendering import FROZEN_DATE, TemplateRefusalError, attempt, failure

NOON = datetime(2026, 1, 15, 12, 0, 0)


def made(source, most=1000, **variables):
    return execute(source, variables, NOON, most)


class TestWhatATemplateHas:
    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("{{ {'b': 1, 'a': 'é<'} | tojson }}", '{"b": 1, "a": "é<"}'),
            ("{{ {'b': 'é'} | tojson(ensure_ascii=true) }}", '{"b": "\\u00e9"}'),
            ("{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}", '{"a": 2, "b": 1}'),
            ("{{ [1, 2] | tojson(indent=1) }}", "[\n 1,\n 2\n]"),
            ("{{ [1, 2] | tojson(separators=(',', ':')) }}", "[1,2]"),
            ("{{ strftime_now('%d %b %Y') }}", "15 Jan 2026"),
            ("{{ dict(a=1).a }}{{ dict.fromkeys(['b'], 2).b }}", "12"),
            ("{% set n = namespace(a=1) %}{% set n.a = n.a + 1 %}{{ n.a }}", "2"),
            ("{% set n = namespace({'a': 3}) %}{{ n.a }}", "3"),
            ("a{% generation %}b{{ 1 }}{% endgeneration %}c", "ab1c"),
            ("{% for i in range(9) %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% break %}{% endfor %}", "0"),
            ("{% for i in range(3) %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "02"),
            ("a\n  {% if true %}\nb\n  {% endif %}\nc", "a\nb\nc"),
        ],
    )  # fmt: skip
    def test_what_transformers_gives_it(self, source, text):
        assert made(source) == Rendered(text=text)

    @pytest.mark.parametrize(
        ("source", "message", "line"),
        [
            ("\n{{ raise_exception('no  way\nat all') }}", "no way at all", 2),
            ("{{ raise_exception('') }}", "TemplateError", 1),
            ("\n\n{{ 1 // 0 }}", "ZeroDivisionError: integer division or modulo by zero", 3),
            ("{{ namespace(_a=1) }}", "a namespace attribute may not start with an underscore: '_a'", 1),
            (
                "{% set n = namespace() %}\n{% set n._a = 1 %}",
                "a namespace attribute may not start with an underscore: '_a'",
                2,
            ),
            ("{{ raise_exception('a\\x1bb') }}", "a\\x1bb", 1),
        ],
    )
    def test_what_it_raises_is_its_refusal(self, source, message, line):
        assert made(source) == Rendered(failure="refused", message=message, line=line)

    def test_a_long_message_is_cut_at_five_hundred_characters(self):
        assert made("{{ raise_exception('x' * 501) }}").message == "x" * 500

    def test_a_syntax_error_says_its_line(self):
        found = made("a\n{% if %}")
        assert (found.failure, found.line) == ("syntax", 2)
        assert found.message.startswith("syntax error: ")
        assert parsed("a\n{% if %}") is None
        assert parsed("a") is not None

    def test_the_innermost_line_of_the_template_is_said(self):
        source = "{% macro f() %}\n{{ raise_exception('x') }}\n{% endmacro %}\n\n{{ f() }}"
        assert made(source).line == 2
        assert line_of(ValueError()) is None

    @pytest.mark.parametrize(("most", "fits"), [(3, True), (2, False)])
    def test_output_is_bounded(self, most, fits):
        found = made("a{{ 'b' }}c", most)
        assert found == (
            Rendered(text="abc")
            if fits
            else Rendered(failure="limit", message="prints more than 2 characters")
        )

    def test_endless_recursion_is_a_limit(self):
        found = made("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")
        assert found == Rendered(failure="limit", message="is nested too deeply or calls itself without end")


LARGEST = 16_000_000


class TestLargeArithmetic:
    @pytest.mark.parametrize(
        ("source", "variables", "fits"),
        [
            ("{{ (a + a)|length }}", {"a": "x" * (LARGEST // 2)}, True),
            ("{{ (a + b)|length }}", {"a": "x" * (LARGEST // 2), "b": "x" * (LARGEST // 2 + 1)}, False),
            ("{{ (a * 16)|length }}", {"a": "x" * 1_000_000}, True),
            ("{{ (a * 16)|length }}", {"a": "x" * 1_000_001}, False),
            ("{{ (16 * a)|length }}", {"a": "x" * 1_000_000}, True),
            ("{{ (16 * a)|length }}", {"a": "x" * 1_000_001}, False),
            ("{{ (a * 0)|length }}{{ (a * -5)|length }}", {"a": "x" * 1_000_001}, True),
            ("{{ (a * b) is number }}", {"a": 1 << (LARGEST - 2), "b": 1}, True),
            ("{{ (a * b) is number }}", {"a": 1 << (LARGEST - 2), "b": 2}, False),
            ("{{ (b * a) is number }}", {"a": 1 << (LARGEST - 2), "b": 2}, False),
            ("{{ (a ** 1) is number }}", {"a": 1 << (LARGEST - 1)}, True),
            ("{{ (a ** 1) is number }}", {"a": 1 << LARGEST}, False),
            ("{{ a ** 0 }}{{ 2 ** -1 }}{{ 2.0 ** 3 }}{{ 1.5 * 2 }}{{ 2 + 3 }}{{ 2 * 3 }}", {"a": 1 << LARGEST}, True),
            ("{{ ([0] * b)|length }}", {"b": LARGEST + 1}, False),
            ("{{ ([0] + [1])|length }}", {}, True),
        ],
    )  # fmt: skip
    def test_what_would_make_more_than_sixteen_million_is_refused(self, source, variables, fits):
        found = execute(source, variables, NOON, 1000)
        assert (found.failure is None) == fits
        if not fits:
            assert found.message.endswith("' would make something too large")

    def test_results_are_those_of_python(self):
        assert made("{{ 2 ** -1 }} {{ 2.0 ** 3 }} {{ 1.5 * 2 }} {{ 'ab' * 2 }}").text == "0.5 8.0 3.0 abab"


class TestTheWorker:
    @pytest.fixture(autouse=True)
    def bounds(self, monkeypatch):
        """What the worker sets for its whole process is noted and not done: it would end this one."""
        handlers = {each: signal.getsignal(each) for each in (signal.SIGPROF, signal.SIGINT)}
        noted = []
        monkeypatch.setattr(resource, "setrlimit", lambda which, limits: noted.append((which, limits[0])))
        yield noted
        for each, handler in handlers.items():
            signal.signal(each, handler)

    def test_processor_time_is_bounded(self):
        endless = "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"
        found = rendering_worker._execute_timed(endless, {}, NOON, 100, 0.02)
        assert found == Rendered(
            failure="limit", message="used more than 0.02 s of processor time (--limit render-seconds)"
        )
        assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)

    def test_what_finishes_in_time_is_handed_back_and_the_clock_is_stopped(self, bounds):
        assert rendering_worker._execute_timed("{{ a }}", {"a": 7}, NOON, 100, 5.0) == Rendered(text="7")
        assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
        [(which, soft)] = bounds
        used = resource.getrusage(resource.RUSAGE_SELF)
        assert which == resource.RLIMIT_CPU
        assert 5.5 <= soft - (used.ru_utime + used.ru_stime) <= 7.5

    def test_every_request_is_answered_on_a_line(self, monkeypatch):
        """The process' own bounds are left out: they could not be taken back."""
        lines = [
            json.dumps([source, {"a": "é"}, NOON.isoformat(), 9, 5.0, 1 << 30])
            for source in (
                "{{ a }}",
                "{{ raise_exception('no') }}",
                "{{ 'x' * 10 }}",
                "{{ strftime_now('%Y') }}",
            )
        ]
        bounded = []
        answers = io.StringIO()
        monkeypatch.setattr(rendering_worker, "_warm_up", lambda: bounded.append("warm"))
        monkeypatch.setattr(rendering_worker, "_bound_process", bounded.append)
        monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
        monkeypatch.setattr("sys.stdout", answers)
        rendering_worker.serve()
        monkeypatch.undo()
        said = [json.loads(line) for line in answers.getvalue().splitlines()]
        assert bounded == ["warm", 1 << 30]
        assert [outcome["text"] for _, outcome in said] == ["é", None, None, "2026"]
        assert [outcome["failure"] for _, outcome in said] == [None, "refused", "limit", None]
        assert all(0 <= seconds < 5 for seconds, _ in said)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    @pytest.mark.parametrize(("seconds", "over"), [(20.04, False), (20.0401, True)])
    def test_an_account_has_seconds_for_all_and_some_for_each(self, seconds, over):
        account = rendering_worker._Account(renderings=2, seconds=seconds)
        assert account.overdrawn(LIMITS) == over

    @pytest.mark.parametrize(
        ("status", "late", "words"),
        [
            (-signal.SIGXCPU, False, "used more than 3 s of processor time"),
            (-signal.SIGXCPU, True, "did not finish within 30 s"),
            (-signal.SIGKILL, False, "brought the process that renders it down (exit status -9)"),
            (None, False, "brought the process that renders it down (exit status None)"),
        ],
    )
    def test_the_last_words_of_a_process_that_is_gone(self, status, late, words):
        assert rendering_worker._last_words(status, late, LIMITS).startswith(words)


USER = [{"role": "user", "content": "abc"}]


def plain(source, **more):
    return ChatTemplate("plain", source, **more)


class TestRendering:
    @pytest.mark.parametrize(("most", "failed"), [(7, None), (6, "limit")])
    def test_a_template_s_own_text_is_bounded(self, most, failed):
        found = attempt(
            plain("{{ 1 }}"), USER, None, add_generation_prompt=False, limits=Limits(source_characters=most)
        )
        assert found.failure == failed
        if failed:
            assert found.message == "is longer than 6 characters"

    def test_nothing_to_render_and_tools_that_are_none(self):
        assert attempt(plain("x"), [], None, add_generation_prompt=False).message == (
            "there is no message to render"
        )
        for tools in (["no schema"], [{}, 1], 3):
            found = attempt(plain("x"), USER, tools, add_generation_prompt=False)
            assert found == Rendered(failure="refused", message="a tool is no JSON schema but something else")
        assert attempt(plain("x"), USER, [{}], add_generation_prompt=False).text == "x"

    def test_what_it_sees_of_messages(self):
        seen = plain("{{ messages | tojson }}")
        assert json.loads(render(seen, [{"role": "user", "content": None, "name": 3, "o": object(), "t": (1,)}])) == [
            {"role": "user", "name": 3, "o": "<object>", "t": [1]}
        ]  # fmt: skip
        assert json.loads(render(seen, [{"role": "assistant", "reasoning": "why", "content": "a"}])) == [
            {
                "role": "assistant",
                "reasoning": "why",
                "content": "a",
                "thinking": "why",
                "reasoning_content": "why",
            }
        ]
        both = [{"role": "assistant", "thinking": "t", "reasoning_content": "r"}]
        assert json.loads(render(seen, both)) == [
            {"role": "assistant", "thinking": "t", "reasoning_content": "r"}
        ]

    def test_llamafactory_leaves_out_a_first_system_message_without_text(self):
        seen = plain("{{ messages | map(attribute='role') | join(' ') }}", renderer="llamafactory")
        empty, said = {"role": "system", "content": ""}, {"role": "system", "content": "s"}
        assert render(seen, [empty, *USER]) == "user"
        assert render(seen, [said, *USER]) == "system user"
        assert render(seen, [*USER, empty]) == "user system"
        assert render(seen, [{"role": "user", "content": ""}]) == "user"
        assert render(plain(seen.source), [empty, *USER]) == "system user"

    def test_arguments_and_tokens_are_variables_and_tools_have_a_template_of_their_own(self):
        seen = plain(
            "{{ a }}{{ bos_token }}{{ add_generation_prompt }}{{ documents }}",
            kwargs={"a": 1},
            special_tokens={"bos_token": "<s>"},
            tool_source="tools {{ tools|length }}",
        )
        assert render(seen, USER) == "1<s>FalseNone"
        assert render(seen, USER, add_generation_prompt=True) == "1<s>TrueNone"
        assert render(seen, USER, tools=[{}, {}]) == "tools 2"
        assert render(plain("{{ tools }}"), USER) == "None"
        assert render(plain("{{ strftime_now('%H') }}"), USER) == f"{FROZEN_DATE.hour}"

    def test_a_failure_says_where_and_what_to_do(self):
        template = plain("x")
        once = failure(template, Rendered(failure="refused", message="m", line=3))
        assert isinstance(once, TemplateRefusalError)
        assert "refuses this conversation: m" in str(once)
        assert once.where == "plain:3"
        every = failure(template, Rendered(failure="refused", message="m"), every=True)
        assert "refuses every conversation: m" in str(every)
        assert (every.where, every.help) == ("plain", "choose another --template")
        syntax = failure(template, Rendered(failure="syntax", message="m"))
        assert "not a Jinja template: m" in str(syntax)
        limit = failure(template, Rendered(failure="limit", message="is long"))
        assert "the chat template is long" in str(limit)
        assert not isinstance(limit, TemplateRefusalError)
        with pytest.raises(TemplateRefusalError):
            render(plain("{{ raise_exception('m') }}"), USER)

    def test_output_may_be_four_times_what_was_given_and_then_some(self):
        # Keys and values: messages 8 + role 4 + user 4 + content 7 + abc 3, tools 5, documents 9, add_generation_prompt
        # 21, and 8 for each of three values that are no text: 85 characters.
        limits = Limits(output_characters=10)
        assert len(render(plain("{{ 'x' * 350 }}"), USER, limits=limits)) == 350
        found = attempt(plain("{{ 'x' * 351 }}"), USER, None, add_generation_prompt=False, limits=limits)
        assert found.message == "prints more than 350 characters"
        with_tools = [{"f": ["ab", 1]}]  # f 1 + ab 2 + 8 for the number, in place of 8
        assert len(render(plain("{{ 'x' * 362 }}"), USER, tools=with_tools, limits=limits)) == 362
        assert attempt(
            plain("{{ 'x' * 363 }}"), USER, with_tools, add_generation_prompt=False, limits=limits
        ).failure == "limit"  # fmt: skip


def loop(body):
    return f"{{% for m in messages %}}{body}{{% endfor %}}"


NOTHING = Opaque()
PROVED = {
    "{{ m.content }}": NOTHING,
    "{{ m['content'] }}": NOTHING,
    "{{ m.get('content') }}": NOTHING,
    "{{ m.role.anything() }}{{ m.content }}": NOTHING,
    "{{ '<' + m.content + '>' }}": NOTHING,
    "{{ '<' ~ m.content ~ '>' }}": NOTHING,
    "{{ m.content|trim }}{{ m.content|string }}{{ m.content|default('') }}{{ m.content|d('x', true) }}": NOTHING,
    "{{ m.content.strip() }}{{ m.content.lstrip('\\n') }}{{ m.content.rstrip(' ') }}": NOTHING,
    "{% if m.content %}a{% elif m.role %}b{% else %}c{% endif %}": NOTHING,
    "{% if m.content is string %}a{% endif %}{% if m.content is none %}b{% endif %}": NOTHING,
    "{% if not m.content %}a{% endif %}": NOTHING,
    "{% if m.content == 'x' %}a{% endif %}": Opaque(words=frozenset({"x"})),
    "{% if 'x' != m.content %}a{% endif %}": Opaque(words=frozenset({"x"})),
    "{% if m.content in ['x', 'y'] %}a{% endif %}": Opaque(words=frozenset({"x", "y"})),
    "{% if m.content not in ('x', 3) %}a{% endif %}": Opaque(words=frozenset({"x"})),
    "{% if 'x' in m.content %}a{% endif %}": Opaque(needles=frozenset({"x"})),
    "{% if 'x' not in m.content %}a{% endif %}": Opaque(needles=frozenset({"x"})),
    "{% if m.content.startswith('x') or m.content.endswith('y') %}a{% endif %}": Opaque(
        frozenset({"x", "y"})
    ),
    "{{ m.content.split('x')[0] }}{{ m.content.split('y')[-1] }}": Opaque(frozenset({"x", "y"})),
    "{% if 'content' in m %}a{% endif %}": NOTHING,
    "{{ m.content if m.role == 'user' else '' }}": NOTHING,
    "{{ m.content if m.content }}": NOTHING,
    "{{ m.content or 'none' }}{{ m.content and 'some' }}": NOTHING,
    "{{ messages|length }}{{ (messages|first).content }}{{ (messages|list|last).content }}": NOTHING,
    "{{ messages[0].content }}{{ messages[1:][0].content }}{{ messages[-1]['content'] }}": NOTHING,
    "{{ messages[loop.index0 - 1].content }}{{ messages[1 + loop.index].content }}": NOTHING,
    "{{ loop.previtem.content }}{{ loop.nextitem.role }}{{ loop.first }}": NOTHING,
    "{% set c = m.content %}{{ c }}": NOTHING,
    "{% set c %}{{ m.content }}{% endset %}{{ c }}": NOTHING,
    "{% set a, b = (1, 2) %}{{ a }}": NOTHING,
    "{% set n = namespace(c='') %}{% set n.c = m.content %}{{ n.c }}": NOTHING,
    "{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(m.content) }}{{ f(x=m.content) }}": NOTHING,
    "{% generation %}{{ m.content }}{% endgeneration %}": NOTHING,
    "{% if loop.first %}{% continue %}{% endif %}{% break %}": NOTHING,
    "{{ 1 + 2 * 3 - 4 }}{{ [1, 2] }}{{ {'a': m.role} }}{{ m.role[0] }}{{ m.role|upper }}{{ m.role is odd }}": NOTHING,
    "{% for k in m.role if k %}{{ k }}{% else %}none{% endfor %}": NOTHING,
}
UNPROVED = (
    "{{ m.content|upper }}",
    "{{ m.content|length }}",
    "{{ m.content|trim('x') }}",
    "{{ m.content.upper() }}",
    "{{ m.content.strip('x') }}",
    "{{ m.content.strip(m.role) }}",
    "{{ m.content.strip(chars=' ') }}",
    "{{ m.content.split('x')[1] }}",
    "{{ m.content.split('x')[-2] }}",
    "{{ m.content.split('x') }}",
    "{{ m.content.split('x', 1)[0] }}",
    "{{ m.content.split()[0] }}",
    "{{ m.content.startswith(m.role) }}",
    "{{ m.content.startswith(('a', 'b')) }}",
    "{{ m.content[0] }}",
    "{{ m.content[1:] }}",
    "{{ m }}",
    "{{ m|tojson }}",
    "{{ messages|join }}",
    "{{ messages|random }}",
    "{{ messages|first('x') }}",
    "{{ m.items() }}",
    "{{ m[m.role] }}",
    "{{ m.content * 2 }}",
    "{{ [m.content] }}",
    "{{ {'a': m.content} }}",
    "{{ (m.content ~ 'x')|trim }}",
    "{% if (m.content ~ 'x') == 'yx' %}a{% endif %}",
    "{% if m.content == m.role %}a{% endif %}",
    "{% if m.content > 'x' %}a{% endif %}",
    "{% if m.content in 'xyz' %}a{% endif %}",
    "{% if m.role in m.content %}a{% endif %}",
    "{% if ['x'] in m.content %}a{% endif %}",
    "{% if m == 'x' %}a{% endif %}",
    "{% if m.role in m %}a{% endif %}",
    "{% if 'x' == m.content == m.content %}a{% endif %}",
    "{% if m.content is upper %}a{% endif %}",
    "{% if m.content is sameas('x') %}a{% endif %}",
    "{% if m.content.split('x') is iterable %}a{% endif %}",
    "{% for c in m.content %}a{% endfor %}",
    "{% for x in messages recursive %}a{% endfor %}",
    "{% set a, b = m.content %}",
    "{% set x | upper %}{{ m.content }}{% endset %}",
    "{% macro f(x) %}{{ x|upper }}{% endmacro %}{{ f(m.content) }}",
    "{% macro f(x) %}{{ x }}{% endmacro %}{{ f(m.content, 2) }}",
    "{% macro f(x) %}{{ x }}{% endmacro %}{{ f(y=m.content) }}",
    "{% macro f(x) %}{{ x }}{% endmacro %}{{ f(*m.content) }}",
    "{% macro f(x) %}{{ x }}{% endmacro %}{{ f|upper }}",
    "{% macro f(x=m.content) %}{{ x }}{% endmacro %}",
    "{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}{{ m.content }}{% endcall %}",
    "{% filter upper %}{{ m.content }}{% endfilter %}",
    "{% with c = m.content %}{{ c }}{% endwith %}",
    "{% include 'x' %}",
    "{{ range(m.content) }}",
    "{{ raise_exception(m.content) }}",
    "{{ m.role|replace('a', m.content) }}",
    "{{ m.role is eq(m.content) }}",
    "{{ m.role|f(*m.role) }}",
    "{{ loop.cycle(m.content) }}",
    "{{ self }}",
    "{{ messages[m.role].content }}",
    "{{ messages[m.role:][0].content|upper }}",
    "{% set m = m.content %}{{ m }}",
    "{% set n = namespace(c='') %}{% set n.c = m.content %}{{ n.c|upper }}",
    "{% set n = namespace(c=m.content) %}{{ n.c|upper }}",
    "{% if %}",
)


class TestOpaque:
    @pytest.mark.parametrize("body", PROVED)
    def test_what_makes_the_same_of_every_text(self, body):
        assert opaque(loop(body)) == PROVED[body]

    @pytest.mark.parametrize("body", UNPROVED)
    def test_what_may_tell_texts_apart(self, body):
        assert opaque(loop(body)) is None

    def test_what_is_named_later_is_followed_into_what_stands_before(self):
        assert opaque("{{ a|upper }}" + loop("{% set a = b %}{% set b = m.content %}")) is None
        assert opaque("{{ a }}" + loop("{% set a = b %}{% set b = m.content %}")) == NOTHING

    def test_a_long_template_is_not_read(self):
        assert opaque("x" * 200_000) == NOTHING
        assert opaque("x" * 200_001) is None

    @pytest.mark.parametrize(
        ("text", "covered"),
        [
            ("some text", True),
            ("", False),
            (" text", False),
            ("text\n", False),
            ("word", False),
            ("a word", True),
            ("has a needle", False),
            ("x" * LONGEST, True),
            ("x" * (LONGEST + 1), False),
        ],
    )
    def test_which_texts_are_covered(self, text, covered):
        assert Opaque(frozenset({"needle", "a+"}), frozenset({"word"})).covers(text) == covered
        assert not Opaque(frozenset({"a+"})).covers("aa+")
        assert Opaque(words=frozenset({"word"})).covers("has a needle")

    def test_more_needles(self):
        more = Opaque(frozenset({"a"}), frozenset({"b"})).without("c", "d")
        assert more == Opaque(frozenset({"a", "c", "d"}), frozenset({"b"}))


W = "\ue000"


def said(*turns):
    return [{"role": role, "content": content} for role, content in turns]


class TestContexts:
    @pytest.mark.parametrize(
        ("messages", "turn", "context"),
        [
            (said(("user", "q"), ("assistant", "a")), 1, None),
            (said(("system", "s"), ("user", "q"), ("assistant", "a")), 2, None),
            ([{"role": "system"}, *said(("user", "q"), ("assistant", "a"))], 2, None),
            ([{"role": "system", "content": None}, *said(("user", "q"), ("assistant", "a"))], 2, None),
            (said(("user", "q"), ("assistant", "")), 1, {"m": ["uA"], "t": 1}),
            (
                said(("user", "q"), ("assistant", "a"), ("user", "q"), ("assistant", "a")),
                1,
                {"m": ["uaua"], "t": 1},
            ),
            (
                said(("user", "q"), ("assistant", "a"), ("user", "q"), ("assistant", "a")),
                3,
                {"m": ["uaua"], "t": 3},
            ),
            (
                said(("user", "q"), ("system", "S"), ("assistant", "a")),
                2,
                {"m": ["u", {"role": "system", "content": "S"}, "a"], "t": 2},
            ),
            (
                said(("developer", "D"), ("user", "q"), ("assistant", "a")),
                2,
                {"m": [{"role": "developer", "content": "D"}, "ua"], "t": 2},
            ),
            (
                [{"role": "system", "content": "s", "name": "n"}, *said(("user", "q"), ("assistant", "a"))],
                2,
                {"m": [{"role": "system", "content": "s", "name": "n"}, "ua"], "t": 2},
            ),
            (
                said(("user", "q"), ("assistant", "a <think>b</think> c")),
                1,
                {"m": ["u", {"role": "assistant", "content": f"{W} <think>{W}</think> {W}"}], "t": 1},
            ),
            (
                [*said(("user", "q")), {"role": "assistant", "content": "a", "weight": 1, "train": True}],
                1,
                None,
            ),
            (said(("user", "q"), ("tool", "r"), ("assistant", "a")), 2, {"m": ["uta"], "t": 2}),
            (
                said(("user", " \n"), ("assistant", "a")),
                1,
                {"m": [{"role": "user", "content": " \n"}, "a"], "t": 1},
            ),
            (
                [
                    {"role": "user", "content": [{"type": "text", "text": "q"}, "w"]},
                    *said(("assistant", "a")),
                ],
                1,
                {"m": [{"role": "user", "content": [{"type": "text", "text": W}, W]}, "a"], "t": 1},
            ),
            (
                [*said(("user", "q")), {"role": "assistant", "reasoning_content": "r", "content": "a"}],
                1,
                {"m": ["u", {"role": "assistant", "reasoning_content": W, "content": W}], "t": 1},
            ),
            (
                [
                    *said(("user", "q")),
                    {
                        "role": "assistant",
                        "tool_calls": [
                            {
                                "id": "abc",
                                "type": "function",
                                "function": {"name": "f", "arguments": {"x": "y"}},
                            },
                            {"function": {"name": "g", "arguments": "{}"}},
                            {"function": {"name": "h", "arguments": '{"a": 1}'}},
                            {"function": {"name": "h", "arguments": "[1]"}},
                            {"function": {"name": "h", "arguments": "no json"}},
                            {"function": {"name": "h", "arguments": {}}},
                            "call",
                        ],
                    },
                    {"role": "tool", "name": "f", "tool_call_id": "abcd", "content": "r"},
                    *said(("assistant", "a")),
                ],
                3,
                {
                    "m": [
                        "u",
                        {
                            "role": "assistant",
                            "tool_calls": [
                                {
                                    "id": "xxx",
                                    "type": "function",
                                    "function": {"name": W, "arguments": {W: W}},
                                },
                                {"function": {"name": W, "arguments": "{}"}},
                                {
                                    "function": {
                                        "name": W,
                                        "arguments": json.dumps({W: W}, ensure_ascii=False),
                                    }
                                },
                                {"function": {"name": W, "arguments": W}},
                                {"function": {"name": W, "arguments": W}},
                                {"function": {"name": W, "arguments": {}}},
                                "call",
                            ],
                        },
                        {"role": "tool", "name": W, "tool_call_id": "xxxx", "content": W},
                        "a",
                    ],
                    "t": 3,
                },
            ),
            (
                [{"role": "user", "content": "q", "name": "n"}, *said(("assistant", "a"))],
                1,
                {"m": [{"role": "user", "content": W, "name": "n"}, "a"], "t": 1},
            ),
        ],
    )
    def test_words_are_cut_out_and_all_else_is_kept(self, messages, turn, context):
        found = context_of(messages, turn)
        assert (None if found is None else json.loads(found)) == context

    def test_what_a_row_gives_its_template_makes_a_context(self):
        one = said(("user", "q"), ("assistant", "a"))
        assert json.loads(context_of(one, 1, {"x": 1})) == {"m": ["ua"], "t": 1, "v": {"x": 1}}
        assert context_of(one, 1, {}) is None

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("some words", W),
            ("", ""),
            (" ", " "),
            ("a<|im_end|>b", f"{W}<|im_end|>{W}"),
            ("<think>\n a b \n</think>", f"<think>\n {W} \n</think>"),
            ("do it /no_think", f"{W} /no_think"),
            ("do it /think", f"{W} /think"),
            ("/thinking", W),
            ("<tool_response>x</tool_response>", f"<tool_response>{W}</tool_response>"),
            (f"<|{'x' * 40}|>", f"<|{'x' * 40}|>"),
            (f"<|{'x' * 41}|>", W),
        ],
    )
    def test_marks_that_templates_look_for_stay(self, text, kept):
        assert cut(text) == kept

    def test_a_context_is_spelled_with_stand_ins(self):
        context = context_of(
            said(("system", "s"), ("user", "q"), ("assistant", ""), ("user", "q"), ("assistant", "a")), 4
        )
        found = spelled(context, said(("system", "S")), "Q?")
        assert found.whole == said(
            ("system", "S"),
            ("user", "wzqjxkvw"),
            ("assistant", ""),
            ("user", "Q?"),
            ("assistant", "wzqjxkvw"),
        )
        assert found.prompt == found.whole[:4]
        assert found.variables == {}
        early = spelled(
            context_of(said(("assistant", "a"), ("user", "q"), ("assistant", "a")), 0, {"v": 2}), [], "Q?"
        )
        assert early.prompt == []
        assert early.whole == said(("assistant", "wzqjxkvw"), ("user", "wzqjxkvw"), ("assistant", "wzqjxkvw"))
        assert early.variables == {"v": 2}

    def test_what_is_said_later_and_before_the_answer(self):
        messages = said(
            ("user", "q"),
            ("system", "S"),
            ("developer", "D"),
            ("assistant", "a"),
            ("system", "T"),
            ("user", "q"),
        )
        assert spoken(context_of(messages, 3)) == ["S", "D"]
        assert spoken(context_of(messages, 5)) == ["S", "D", "T"]
        assert spoken(context_of(messages, 2)) == ["S"]
        named = {"role": "user", "content": "q", "name": "n"}
        parts = [named, {"role": "system", "content": ["S"]}, *said(("assistant", "a"))]
        assert spoken(context_of(parts, 2)) == []

    @pytest.mark.parametrize(
        ("messages", "turn", "words"),
        [
            (said(("user", ""), ("assistant", "a"), ("user", "q"), ("assistant", "a")), 3, "after an answer"),
            (said(*[("user", "q"), ("assistant", "a")] * 3), 5, "after 2 answers"),
            (said(*[("user", "q"), ("assistant", "a")] * 2), 1, "more turns to come"),
            (said(("user", "q"), ("tool", "r"), ("assistant", "a")), 2, "after a tool's result"),
            (
                said(("user", "q"), ("tool", "r"), ("user", "q"), ("assistant", "a"), ("user", "")),
                3,
                "more turns to come",
            ),
            (said(("developer", "D"), ("user", "q"), ("assistant", "a")), 2, "a developer message"),
            (said(("user", "q"), ("system", "S"), ("assistant", "a")), 2, "a later system message"),
            (said(("system", "s"), ("assistant", "a")), 1, "no user message"),
            (
                [{"role": "user", "content": [{"type": "text", "text": "q"}]}, *said(("assistant", "a"))],
                1,
                "content in parts",
            ),
        ],
    )
    def test_a_context_in_words(self, messages, turn, words):
        assert described(context_of(messages, turn), None) == words

    @pytest.mark.parametrize(
        ("tools", "words"),
        [
            ("[]", "an empty list of tools"),
            ('{"no": "list"}', "an empty list of tools"),
            ('[{"name": "f"}]', "tools f"),
            ('[{"function": {"name": "f"}}, {"name": "g"}, 3]', "tools f, g, ?"),
            ('[{"name": "f"}, {"name": "g"}, {}, {"function": 1}]', "tools f, g, ? and 1 more"),
        ],
    )
    def test_tools_in_words(self, tools, words):
        assert described(None, tools) == words

    def test_nothing_beside_a_question_and_variables(self):
        assert described(None, None) == ""
        one = context_of(said(("user", "q"), ("assistant", "a")), 1, {"b": True, "a": "x"})
        assert described(one, '[{"name": "f"}]') == 'tools f, a = "x", b = true'


class TestFraming:
    QWEN = load_template()

    @pytest.mark.parametrize(
        ("one", "other", "ends"),
        [
            ("abc", "abc", (3, 0)),
            ("abXcd", "abYcd", (2, 2)),
            ("", "abc", (0, 0)),
            ("aa", "aaa", (2, 0)),
            ("Xa", "YYa", (0, 1)),
        ],
    )
    def test_common_ends(self, one, other, ends):
        assert common_ends(one, other) == ends

    def test_a_prompt_is_cut_at_the_user_s_text(self):
        cut_out = frame_of(self.QWEN, Signature("text", "S"))
        assert cut_out.prefix == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n"
        assert cut_out.suffix == "<|im_end|>\n<|im_start|>assistant\n"
        assert cut_out.head == cut_out.prefix
        assert cut_out.user_shown

    @pytest.mark.parametrize(
        ("source", "prefix", "suffix", "shown"),
        [
            ("{{ messages[-1].content|upper }}.", "", ".", True),
            ("<{{ messages[-1].content }}|{{ messages[-1].content }}>", "<", ">", True),
            ("fixed", "fixed", "", False),
            ("[{{ messages[-1].content[:3] }}]", "[", "]", True),
        ],
    )
    def test_whatever_a_template_does_to_it(self, source, prefix, suffix, shown):
        found = frame_of(plain(source), Signature("absent"))
        assert (found.prefix, found.suffix, found.user_shown) == (prefix, suffix, shown)

    def test_a_stand_in_that_is_part_of_what_was_given_is_not_cut(self):
        found = frame_of(self.QWEN, Signature("text", "qzjvxkwq"))
        assert found.prefix == "<|im_start|>system\nqzjvxkwq<|im_end|>\n<|im_start|>user\n"

    def test_a_refusal_is_handed_back_and_other_failures_are_raised(self):
        assert frame_of(plain("{{ raise_exception('no') }}"), Signature("absent")).message == "no"
        assert whole_of(plain("{{ raise_exception('no') }}"), Signature("absent")).failure == "refused"
        with pytest.raises(Exception, match="not a Jinja template"):
            frame_of(plain("{% if %}"), Signature("absent"))

    def test_an_answer_that_opens_its_conversation(self):
        context = context_of(said(("assistant", "a"), ("user", "q"), ("assistant", "a")), 0)
        shown = plain("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
        found = frame_of(shown, Signature("absent", context=context))
        assert (found.prefix, found.suffix, found.head, found.user_shown) == (
            "<assistant>",
            "",
            "<assistant>",
            True,
        )
        silent = frame_of(plain("fixed"), Signature("absent", context=context))
        assert (silent.prefix, silent.head) == ("fixed", "fixed")

    def test_a_later_question_has_a_head_before_the_first_words(self):
        context = context_of(
            said(("system", "s"), ("user", "q"), ("assistant", "a"), ("user", "q"), ("assistant", "a")), 4
        )
        shown = plain("{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
        found = frame_of(shown, Signature("text", "S", context=context))
        assert found.head == "<system>S<user>"
        assert found.prefix == "<system>S<user>wzqjxkvw<assistant>wzqjxkvw<user>"
        assert found.suffix == ""
        unasked = context_of(said(("system", "S"), ("assistant", "a")), 1)
        assert frame_of(shown, Signature("text", "S", context=unasked)).user_shown

    def test_what_a_row_gives_its_template_is_rendered(self):
        context = context_of(said(("user", "q"), ("assistant", "a")), 1, {"x": 7})
        found = frame_of(
            plain("{{ x }}{{ messages[-1].content }}", kwargs={"x": 1}), Signature("absent", context=context)
        )
        assert found.prefix == "7"
        assert frame_of(plain("{{ x }}!", kwargs={"x": 1}), Signature("absent")).prefix == "1!"

    def test_a_stand_in_that_is_shown_twice_or_not_at_all(self):
        asked = context_of(said(("user", ""), ("user", "q"), ("assistant", "a")), 2)
        assert not frame_of(plain("fixed"), Signature("absent", context=asked)).user_shown
        silent = context_of(said(("assistant", "a"), ("assistant", "a")), 1)
        assert frame_of(plain("fixed"), Signature("absent", context=silent)).user_shown

    def test_the_messages_of_each_state(self):
        made_of = {
            state: system_messages(Signature(state, "S" if state == "text" else None))
            for state in ("absent", "null", "empty", "text")
        }
        assert made_of == {
            "absent": [],
            "null": said(("system", None)),
            "empty": said(("system", "")),
            "text": said(("system", "S")),
        }


@pytest.mark.parametrize(("words", "kept"), [("Be kind.", None), ("  Be very kind. <s>", "Be very kind.")])
def test_a_default_has_three_words_or_more(words, kept):
    profile = Profile(Rendered(""), "before", tokens=("<s>",))
    assert profile.bare(words) == kept
