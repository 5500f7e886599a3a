# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""No regular expression of the addon takes more than linear time, over any text.

They are found by reading the source: one that is not in the table below fails, and so
does a line of the table that fits none. Each is fed with the texts that hurt it most,
in growing lengths; only the ratio of the times counts, never a time.
"""

import ast
import json
import re
import signal
import time
from collections import defaultdict
from pathlib import Path

import pytest
from client import B2BFamilyError, parse_events
from client.answers import read_answer
from client.transport import Answer
from evidence import PROGRAMS, name_program
from tools.log_mask import mask

ADDON = Path(__file__).parents[2] / "b2b_family_mail"
METHODS = {
    "search",
    "match",
    "fullmatch",
    "findall",
    "finditer",
    "split",
    "sub",
    "subn",
}
FLAGS = ("ASCII", "IGNORECASE", "DOTALL", "MULTILINE", "VERBOSE")

# Seconds that make a time comparable, and the length up to which it is looked for.
# Small: a text that outgrows the caches of the processor takes longer for that alone.
MEASURABLE, LONGEST = 0.0005, 250_000
GROWTH = 4
# Four times the text: 4 when linear, 16 when quadratic.
WORST = 7
# A text that takes exponential time would be looked at for ever.
HANGS = 120

# expression -> texts of about n characters; a text ends in what must not match.
HOSTILE = {
    # client/address.py
    r"[\s\\\x00-\x20\x7f]": ["a"],
    r"(?!-)[\w-]{1,63}(?<!-)": ["a", "-", "a-"],
    r"\d+|0x[0-9a-f]*": ["0", "0x0"],
    # client/answers.py
    r"api[\s_-]?key|app[\s_-]?key|ключ\w{0,3}\s{1,3}(?:к\s{1,3})?api|api[\s-]?ключ"
    r"|(?:un|not )authori[sz]ed|authori[sz]ation|authenticat|credentials"
    r"|авториз|аутентифи": [
        "ключ",
        "ключ ",
        "ключ к ",
        "ключ   к   ",
        "api ",
        "un",
        "к",
    ],
    r"attach|upload|\bfiles?\b|вложени|файл": ["attac", "file", "вложен"],
    r"[0-9]{1,12}": ["0"],
    r"-?[0-9]{1,9}": ["-", "0"],
    r"[\x00-\x1f\x7f-\x9f]": ["\x00", "a"],
    # client/dates.py
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?:(?:T|\s+)"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?)?": [
        ("2026-01-02", " "),
        ("2026-01-02 10:00:00.", "0"),
        ("2026-01-02 10:00", " "),
        ("2026-01-02 10:00:00.0", " "),
    ],
    r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"
    r"(?:,?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?(?P<zone>))?": [
        ("2.1.2026,", " "),
        ("2.1.2026 10:00:00.", "0"),
    ],
    r"\d{1,15}(?:\.\d{1,9})?": ["0", "0."],
    r"000[01]-(?:00-00|01-01)(?:[T ]00:00.*)?|0+(?:\.0+)?": [
        "0",
        ("0.", "0"),
        ("0000-00-00 00:00", "0"),
    ],
    # client/endpoints.py
    r"/(?:[A-Za-z0-9._~-]+/)*[A-Za-z0-9._~-]*": ["/", ("/", "a"), ("/", "a/")],
    # client/letter.py
    r'[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"]+': ["a", "@", "a@", ("a@", "a")],
    "[\r\n\0]": ["a", "\r"],
    r"[;\s]": ["a"],
    # client/multipart.py
    r"[\w.+-]+/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*": [
        "a",
        "/",
        ("a/a", ";a=a"),
        ("a/a;a=", "a"),
        ("a/a;", "a"),
    ],
    # client/reading.py
    r"\d{1,15}(?:\.0+)?": ["0", ("0.", "0")],
    r"\\u(?:0000|d[89a-f])": ["\\", "\\u", "\\u000"],
    "[\0\ud800-\udfff]": ["a", "\0"],
    r"\d{1,9}": ["0"],
    r"[\W_]+": ["_", "a", "a_"],
    r"<([^<>]+)>$": ["<", "<a", ("<", "a"), "<a>", ">"],
    # evidence/company.py
    r"[\s,;]": ["a", ","],
    # models
    r"\{(?=\{)": ["{"],
    r"[\r\n\0]": ["a", "\r"],
    r'(?:"[^"]*"|[^,;"])+': ['"', '"a', "a", ('"', "a"), ",", '",'],
    r"/web/(?:content|image)/([0-9]+)": ["/web", "/web/content/", ("/web/image/", "0")],
    # tools/log_mask.py
    "%(?:25)+": ["%", "%25", "%2", ("%", "25")],
    r"b2b_family[^\w]": ["b2b_family", "b2b_famil"],
    r'"[0-9 .-]*$': ['"', '"1', ('"', "1")],
    r"\bd[/\\;?]": ["d", "d "],
    # models/b2b_family_mail_domain.py
    r"[\s,;]+": [" ", ",", "a"],
    # tools/mail_exchange.py
    r"[a-z\d_-]{1,63}\Z": ["a", "-"],
    # tools/outgoing.py
    r"<(?:a|area)[\s/]": ["<a", "<are", "<"],
    "[\"'>]": ["a"],
    r"""([^\s"'>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""": [
        "a",
        ("a", " "),
        ("a=", " "),
        ('a="', "a="),
        ("a='", 'a="'),
        "a=",
        "=",
    ],
    r"[\x00-\x20\x7f-\xa0\\<>\"]": ["a", "<"],
    r"[%/?#@\\\s\x00-\x20]": ["a", " "],
    r"token|hash|signature|password|secret|key": ["toke", "ke", "s"],
    r"unsubscribe|opt-?out|unfollow|blocklist|access_token": [
        "un",
        "opt-",
        "unsubscrib",
    ],
    # models/letter/watch.py
    "/b2b_family/l/([A-Za-z0-9_-]+)": ["/b2b_family/l", "/", ("/b2b_family/l/", "a")],
    # tools/privacy.py
}

# evidence/programs.py: code of the program -> the same.
HOSTILE_PROGRAMS = {
    "gmail_arrival": ["edge/12.246 mozilla/5.0", "gmail-"],
    "gmail": ["googleimage", "(via "],
    "yahoo": ["yahoomail"],
    "provider": ["email", "email image ", "protonmail", ("protonmail", "a")],
    "apple": [("mozilla/5.0", "0")],
    "speculation": ["privacy preserving "],
    "discovery": ["existence "],
    "gateway": ["cisco", "cisco ", "security ", "; mcafe", "s", "spa"],
    "headless": ["headles", "playwrigh"],
    "preview": ["facebookexterna", "page ", "preview "],
    "office": [("mozilla/4.0 (compatible; ms-office; msoffice ", "1")],
    "new_outlook": ["oneoutlook"],
    "outlook": ["outloo", "windows-live-"],
    "mail_program": ["thunderbir", "yahoo ", "e", "em "],
    "text_browser": ["lynx", "link"],
    "old_phone": ["bo", "/mid", "sonyericsso"],
    "monitor": ["monito", "health-"],
    "library": ["java ", "http-", "ht", "p"],
    "crawler": ["bo", "compatible;", "compatible; ", "a@", ("a@", "a"), "a.co", "scan"],
    "shell": [("mozilla/5.0", " "), "mozilla/5.0 "],
    "no_system": [("mozilla/5.0 (", "a"), ("mozilla/5.0 (", "window")],
    "bare_webkit": [
        ("mozilla/5.0 (", "a"),
        ("mozilla/5.0 (", "(khtml, like gecko)"),
    ],
    "phone": [("mozilla", "a"), ("mozilla", "mobil"), "opera"],
    "old_browser": [
        ("mozilla/5.0 (windows", "a"),
        ("mozilla/5.0 (windows", " chrome/12.1"),
        ("mozilla/5.0 (windows", " firefox/1"),
        ("mozilla/5.0 (x11", "electro"),
    ],
    "browser": ["mozilla/5.0 ", "opera"],
    "app": ["cfnetwork", "dalvik"],
}
HOSTILE |= {
    program.looks_like.pattern: HOSTILE_PROGRAMS[program.code] for program in PROGRAMS
}


class Expressions(ast.NodeVisitor):
    """What a file does with regular expressions."""

    def __init__(self, path):
        self.tree = ast.parse(path.read_text("utf-8"), str(path))
        self.where = path.relative_to(ADDON)
        self.constants = {}
        #: name of a compiled expression -> expression
        self.names = {}
        #: name of a compiled expression -> methods that are called on it
        self.used = defaultdict(set)
        #: pairs of an expression and how it is used
        self.found = set()
        self.flags = {}

    def visit_Assign(self, node):
        name = getattr(node.targets[0], "id", None)
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            self.constants[name] = node.value.value
        elif is_call_of_re(node.value, {"compile"}):
            self.names[name] = self.expression(node.value)
        self.generic_visit(node)

    def visit_ImportFrom(self, node):
        assert node.module != "re", f"{self.where}: write re.search, it is looked for"

    def visit_Attribute(self, node):
        if node.attr in METHODS and isinstance(node.value, ast.Name):
            self.used[node.value.id].add(node.attr)
        self.generic_visit(node)

    def visit_Call(self, node):
        if is_call_of_re(node, METHODS):
            self.found.add((self.expression(node), node.func.attr))
        elif is_call_of_re(node, {"compile"}):
            self.expression(node)
        self.generic_visit(node)

    def expression(self, call):
        """Return the text of an expression: a literal, or put together of literals."""
        try:
            code = compile(ast.Expression(call.args[0]), "expression", "eval")
            text = eval(code, {"__builtins__": {}}, dict(self.constants))
        except NameError as error:
            pytest.fail(f"{self.where}:{call.lineno}: {error}; write a literal")
        if isinstance(text, bytes):
            text, flags = text.decode("ascii"), re.ASCII
        else:
            flags = 0
        for node in ast.walk(call):
            if isinstance(node, ast.Attribute) and node.attr in FLAGS:
                flags |= getattr(re, node.attr)
        self.flags[text] = flags
        return text


def is_call_of_re(node, names):
    function = getattr(node, "func", None)
    return (
        isinstance(function, ast.Attribute)
        and getattr(function.value, "id", None) == "re"
        and function.attr in names
    )


def collect():
    """Return (expression, method) of the addon, and the flags of each expression."""
    files = [Expressions(path) for path in sorted(ADDON.rglob("*.py"))]
    used, found, flags = defaultdict(set), set(), {}
    for file in files:
        file.visit(file.tree)
        flags |= file.flags
        for name, methods in file.used.items():
            used[name] |= methods
    for file in files:
        found |= file.found
        known = {text for text, _method in found} | set(file.names.values())
        # Those without a name of their own may be used in any way.
        found |= {(text, "search") for text in set(file.flags) - known}
        for name, text in file.names.items():
            found |= {(text, method) for method in used[name] or {"search"}}
    return found, flags


FOUND, COMPILED_WITH = collect()
CASES = sorted(
    (text, method, hostile)
    for text, method in FOUND
    for hostile in (
        piece if isinstance(piece, tuple) else ("", piece)
        for piece in HOSTILE.get(text, ())
    )
)


def test_there_is_something_to_look_at():
    assert len(FOUND) > 30
    assert ("[\r\n\0]", "search") in FOUND


def test_every_expression_is_in_the_table():
    assert sorted({text for text, _method in FOUND} - set(HOSTILE)) == []


def test_every_line_of_the_table_fits_an_expression():
    assert sorted(set(HOSTILE) - {text for text, _method in FOUND}) == []


@pytest.fixture
def no_hanging():
    def stop(*_args):
        pytest.fail("the time grows beyond all measure")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(HANGS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def used(text, method, flags=0):
    """Return a function that applies an expression as the addon does."""
    compiled = re.compile(text, flags)
    if method in ("sub", "subn"):
        return lambda content: getattr(compiled, method)("", content)
    if method == "finditer":
        return lambda content: list(compiled.finditer(content))
    return getattr(compiled, method)


def hurtful(start, piece, length):
    return start + piece * (length // len(piece)) + "\n!"


def best(apply, content, times=3):
    """Return the seconds of our own that it takes, at best."""
    measured = []
    for _ in range(times):
        start = time.process_time()
        apply(content)
        measured.append(time.process_time() - start)
    return min(measured)


def growth(apply, start, piece):
    """Return how many times as long it takes for text GROWTH times as long.

    0 when it takes no time to speak of, whatever the length.
    """
    length = 32
    while best(apply, hurtful(start, piece, length), 1) < MEASURABLE:
        length *= 2
        if length > LONGEST:
            return 0
    texts = [hurtful(start, piece, length * factor) for factor in (1, GROWTH)]
    return best(apply, texts[1]) / best(apply, texts[0])


def worst(apply, start, piece):
    """Return the growth; measured again when it may be the machine's fault."""
    ratio = growth(apply, start, piece)
    for _ in range(3):
        if ratio <= WORST:
            break
        ratio = min(ratio, growth(apply, start, piece))
    return ratio


@pytest.mark.parametrize(("text", "method", "hostile"), CASES)
def test_time_grows_with_the_text_and_no_faster(text, method, hostile, no_hanging):
    assert worst(used(text, method, COMPILED_WITH[text]), *hostile) <= WORST


@pytest.mark.parametrize(
    ("text", "piece"), [(r"ключ\w*\s+api", "ключ"), (r"\s+$", " ")]
)
def test_the_measure_tells_bad_ones(text, piece, no_hanging):
    assert worst(used(text, "search"), "", piece) > WORST


# -- what runs over a stranger's words


def refuse(words):
    body = json.dumps({"error": {"message": words, "code": words}}).encode()
    with pytest.raises(B2BFamilyError) as caught:
        read_answer("find", Answer(400, {}, body), secrets=["secret-4711"])
    assert len(caught.value.message) <= 300


def report(words):
    event = dict.fromkeys(("type", "url", "user_agent", "ip", "email", "date"), words)
    for name in event:
        parse_events({"type": "message_open", name: words})


@pytest.mark.parametrize("apply", [refuse, report, name_program, mask])
@pytest.mark.parametrize(
    "piece", ["ключ", "ключ ", "a@", "<", "0", " ", "bo", "%25", "%2577", "webhook "]
)
def test_words_of_the_service(apply, piece, no_hanging):
    assert worst(apply, "x", piece) <= WORST
