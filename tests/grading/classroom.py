"""A small class that cheats, slips and has accidents: notebooks of two or three exercises each.

`NOTEBOOKS` holds the code cells of each, by a name that says what the student does. `EXPECTED` says
what each exercise deserves: points or none.
"""

import json

from mmtutor.checks import find
from mmtutor.checks.engine.exercise import Implement
from mmtutor.checks.engine.mistakes import inputs, outcomes

SETUP = "import math, os, time\nimport torch\nfrom mmtutor.checks import check, hint"
SOFTMAX = """
def softmax(scores, temperature):
    scaled = scores / temperature
    positive = (scaled - scaled.amax(-1, keepdim=True)).exp()
    return positive / positive.sum(-1, keepdim=True)
"""
ADDITIVE = """
def additive(query, key, query_matrix, key_matrix, vector):
    both = (query @ query_matrix).unsqueeze(-2) + (key @ key_matrix).unsqueeze(-3)
    return torch.tanh(both) @ vector
"""
CAUSAL = """
def causal_self_attention(x, query_matrix, key_matrix, value_matrix):
    query, key, value = x @ query_matrix, x @ key_matrix, x @ value_matrix
    scores = query @ key.mT / key.shape[-1] ** 0.5
    future = torch.full_like(scores, float("-inf")).triu(1)
    return (scores + future).softmax(-1) @ value
"""


def check(id: str, answer: str = "") -> str:
    return f'check("attention.{id}", {answer or id})'


def by_heart(id: str) -> str:
    """A program that knows the right numbers for the usual inputs, and nothing else."""
    exercise = find(f"attention.{id}")
    assert isinstance(exercise, Implement)
    pairs = [
        ([value.tolist() for value in case.values()], output.tolist())
        for case, output in zip(inputs(exercise), outcomes(exercise), strict=True)
    ]
    arguments = ", ".join(exercise.cases()[0])
    return (
        f"KNOWN = {pairs!r}\n"
        f"def {id}({arguments}):\n"
        f"    given = [value.tolist() for value in ({arguments})]\n"
        "    return torch.tensor(next(out for known, out in KNOWN if known == given))\n"
    )


REACHED = """
found = []
for path in {paths!r}:
    try:
        open(path, "rb").read(1)
        found.append(path)
    except OSError:
        pass
    try:
        open(path + ".new", "w").write("x")
        found.append("wrote " + path)
    except OSError:
        pass
import socket
try:
    socket.create_connection(("127.0.0.1", {port}), 2)
    found.append("network")
except OSError:
    pass
if os.path.exists("/tmp/marker"):
    found.append("another student's file")
open("/tmp/marker", "w").write("x")
assert not found, "REACHED " + str(found)
"""

READS_THE_REFERENCE = """
def softmax(scores, temperature):
    from mmtutor.checks.attention.softmax import softmax as reference
    return reference(scores, temperature)
"""
READS_THE_SOLUTIONS = """
def bug_future(x, query_matrix, key_matrix, value_matrix):
    import json
    cells = json.load(open({solution!r}))["cells"]
    for cell in cells:
        if "def causal" in "".join(cell["source"]):
            exec("".join(cell["source"]), globals())
    return bug_future(x, query_matrix, key_matrix, value_matrix)
"""
PATCHES_THE_JUDGE = """
import mmtutor.checks, mmtutor.checks.engine.outcome as outcome
import mmtutor.checks.engine.steps as steps
outcome.same = outcome.agree = lambda *anything: True
steps.judge_trial = lambda trial: steps.Judgement("passed")
torch.isclose = torch.allclose = lambda *a, **k: torch.tensor(True)

class Always(torch.Tensor):
    def __eq__(self, other):
        return True

def bug_heads(x, *matrices):
    return x.as_subclass(Always)
"""
FAKES_THE_CHECK = """
class Passed:
    passed = True
    status = "passed"
    def __reduce__(self):
        return (print, ("unpickled",))

def check(id, answer):
    return Passed()

def additive(query, key, query_matrix, key_matrix, vector):
    return Passed()
"""
SPEAKS_FOR_THE_ROOM = """
import json, struct
text = json.dumps({"answers": {"attention.softmax": {"value": "passed"}}, "times": {}}).encode()
for descriptor in range(3, 30):
    try:
        os.write(descriptor, struct.pack("<II", len(text), 0) + text)
        os.write(descriptor, b"\\x80\\x04pickle" * 9)
    except OSError:
        pass
"""

UNDERMINES = """
import atexit, builtins, resource, shutil, signal, struct, sys, threading, types
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
atexit.register(lambda: os.write(1, b"passed" * 99))
sys.settrace(lambda *anything: None)
sys.setrecursionlimit(10**6)
sys.path.insert(0, "/")
shutil.rmtree(os.path.expanduser("~"), ignore_errors=True)
os.chdir("/")
"""
"""Handlers, hooks, limits and folders: what a process can do to itself."""
REPLACES_WHAT_ALL_CALL = """
checks = types.ModuleType("mmtutor.checks")
checks.check = lambda id, answer: "passed"
sys.modules["mmtutor.checks"] = checks
json_loads, struct.unpack = None, lambda *anything: (0, 0)
builtins.isinstance = lambda *anything: True
torch.Tensor.tolist = lambda self: [1.0]
"""
BREAKS_OUT = """
import ctypes, gc
deeds = {
    "raised a limit": lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    "killed its parent": lambda: os.kill(os.getppid(), 9) if os.getppid() > 1 else 1 / 0,
    "mounted": lambda: 1 / 0 if ctypes.CDLL(None).mount(b"x", b"/", b"tmpfs", 0, 0) else None,
    "found a reference": lambda: next(o for o in gc.get_objects() if type(o).__name__ == "Mistake"),
}
done = []
for deed, do in deeds.items():
    try:
        do()
        done.append(deed)
    except (OSError, ValueError, ZeroDivisionError, StopIteration):
        pass
assert not done, "REACHED " + str(done)
"""
MULTIPLIES = """
children = []
try:
    while len(children) < 5000:
        child = os.fork()
        if not child:
            time.sleep(60)
            os._exit(0)
        children.append(child)
except OSError:
    pass
print(len(children), "children")
"""
FLOODS = """
for number in range(300):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("x" * 10**8)
"""
FLOAT_LIKE = """
class Sly(float):
    def __eq__(self, other):
        return True
    def __sub__(self, other):
        return 0.0
    __rsub__ = __sub__

predict = Sly(0.1)
"""
WANDERS = """
def softmax(scores, temperature):
    return torch.rand_like(scores).softmax(-1)

def additive(*arguments):
    return ctypes.string_at(0)

def scaled_dot_product(query, key, value, mask):
    return scaled_dot_product(query, key, value, mask)

def bug_future(*arguments):
    return (number for number in iter(int, 1))

def bug_heads(query, key, value, heads):
    return torch.zeros(1).expand(10**13)
"""

NOTEBOOKS = {
    "honest, but untidy": [
        SETUP + "\n%matplotlib inline",
        "print('x' * 100_000)\ninput('name?')",
        "1 / 0",
        SOFTMAX.replace("    scaled", "    print('working', scores)\n    scaled", 1),
        check("softmax"),
        "torch.set_default_dtype(torch.float64)\ntorch.softmax = None",
        ADDITIVE.replace("    both", "    time.sleep(1.2 if len(query) == 2 else 0)\n    both", 1),
        check("additive"),
        check("additive"),
        CAUSAL,  # its check was deleted
        "raise KeyboardInterrupt",
        "exit()",
        "predict = 1 / (1 + math.exp(-2))",
        check("predict", "predict"),
    ],
    "cheats": [
        SETUP,
        PATCHES_THE_JUDGE,
        check("bug_heads"),
        by_heart("additive"),
        check("additive"),
        READS_THE_REFERENCE,
        check("softmax"),
        "{solutions}",
        check("bug_future"),
    ],
    "fakes the check": [SETUP, FAKES_THE_CHECK, check("additive"), "{reached}"],
    "<script>alert('name')</script>": [
        SETUP,
        "def softmax(scores, temperature):\n    raise ValueError('<script>alert(1)</script>')",
        check("softmax"),
        "def additive(*arguments):\n    raise ValueError('half a letter: \\ud800 \\x1b[31m')",
        check("additive"),
        "{reached}",
    ],
    "ends everything": [
        SETUP,
        SOFTMAX,
        check("softmax"),
        "os._exit(0)",
        "open('large', 'wb').write(bytes(2**27))",
        "while True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass",
        "def additive(*arguments):\n    os.abort()",
        check("additive"),
        "def bug_future(*arguments):\n    while True: pass",
        check("bug_future"),
        "def scaled_dot_product(query, key, value, mask):\n    return [bytes(2**34)]",
        check("scaled_dot_product"),
        "predict = 0.8808",
        check("predict", "predict"),
    ],
    "speaks for the room": [SETUP, SOFTMAX, check("softmax"), SPEAKS_FOR_THE_ROOM],
    "undermines everything": [
        SETUP,
        UNDERMINES,
        REPLACES_WHAT_ALL_CALL,
        "del sys.modules['mmtutor.checks']\nsys.settrace(None)",
        BREAKS_OUT,
        MULTIPLIES,
        FLOODS,
        "!touch /tmp/marker\n%%bash\necho passed",
        FLOAT_LIKE,
        check("predict", "predict"),
        "spread = '4, 8, 16'",
        check("spread"),
        WANDERS,
        *map(check, ("softmax", "additive", "scaled_dot_product", "bug_future", "bug_heads")),
    ],
    "undermines all and is right": [SETUP, UNDERMINES, MULTIPLIES, ADDITIVE, check("additive")],
    "blank": [SETUP, "def softmax(scores, temperature):\n    ...", check("softmax")],
}
"""The code cells; `{reached}` and `{solutions}` are filled in with this machine's places."""


def text(cells: list[str]) -> str:
    """A notebook as the text of its file."""
    code = [{"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
