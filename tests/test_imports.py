"""What the core imports when it first needs it: once, whatever other threads and memory do."""

from __future__ import annotations

from .core_helpers import python

# Two threads find nothing kept; the first is held while it imports, the second uses what it keeps.
TWO_THREADS = """
import gc, json, sys, threading, types
from _json import make_scanner
from cormorant import _core

turn = threading.local()
in_use, let_go = threading.Event(), threading.Event()
seen = []

def decode(document):
    return _core.decode(_core.TYPE_JSON, (None, None, None, False, False), document)

def wait_in_import():
    if turn.first:
        started.set()
        assert in_use.wait(20)

def second():
    turn.first = False
    seen.append(decode(DOCUMENT))

def first():
    turn.first = True
    seen.append(decode(DOCUMENT))
    let_go.set()

def used(alive):
    if not turn.first:
        in_use.set()
        assert let_go.wait(20)
        seen.append(alive())

def run():
    global started
    started = threading.Event()
    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert started.wait(20)
    threads[1].start()
    for thread in threads:
        thread.join()
    print(seen)
"""

SCANNER = """
DOCUMENT = "[1.5]"

class Number:
    def __call__(self, text):
        used(lambda: any(type(r).__name__ == "Scanner" for r in gc.get_referrers(self)))
        return float(text)

class Decoder:
    strict, object_hook, object_pairs_hook = True, None, None
    parse_int, parse_constant = int, float

    @property
    def scan_once(self):
        self.parse_float = Number()
        wait_in_import()
        return make_scanner(self)

sys.modules["json.decoder"] = types.SimpleNamespace(JSONDecoder=Decoder)
run()
"""

FUNCTION = """
import functools, weakref
DOCUMENT = " [1.5]"  # which the scanner leaves to json.loads

class Json(types.ModuleType):
    @property
    def loads(self):
        def call(kept, text):
            used(lambda: kept[0]() is not None)
            return [1.5]
        wait_in_import()
        kept = []
        made = functools.partial(call, kept)
        kept.append(weakref.ref(made))
        return made

sys.modules["json"] = Json("json")
run()
"""


def test_a_scanner_in_use_stays() -> None:
    done = python(TWO_THREADS + SCANNER)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[[1.5], True, [1.5]]"


def test_a_function_in_use_stays() -> None:
    done = python(TWO_THREADS + FUNCTION)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[[1.5], True, [1.5]]"


# A class whose attribute cannot be looked up for want of memory once, and how often it is called
NO_MEMORY = """
import sys, types
from cormorant import _core

class Meta(type):
    def __getattribute__(cls, name):
        if name == MEMBER and refusals:
            raise refusals.pop()
        return super().__getattribute__(name)

def attempt(*given):
    try:
        return _core.decode(*given) is not None
    except Exception as error:
        return type(error).__name__

calls = []
"""

UUIDS = """
class UUID(metaclass=Meta):
    __slots__ = "int", "is_safe", "__weakref__"
    def __init__(self, hex=None, bytes=None, bytes_le=None, fields=None, int=None):
        calls.append(int)

safe = types.SimpleNamespace(unknown=None)
sys.modules["uuid"] = types.SimpleNamespace(UUID=UUID, SafeUUID=safe)
for MEMBER in ("int", "is_safe"):
    refusals = [MemoryError()]
    print(attempt(_core.TYPE_UUID, True, "0" * 32), len(refusals))
print(attempt(_core.TYPE_UUID, True, "0" * 32), calls)
"""


def test_uuids_stay_fast_after_a_lack_of_memory() -> None:
    """What their class lacks is not concluded from a failed look."""
    done = python(NO_MEMORY + UUIDS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["MemoryError", "0", "MemoryError", "0", "True", "[]"]
