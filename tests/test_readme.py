"""What README.md shows is run: its Python blocks in order, in an empty directory."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
OUTPUT = re.compile(r"^```text\n(.*?)^```", re.M | re.S)


def test_python_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    text = README.read_text()
    namespace: dict[str, object] = {"__name__": "readme"}
    blocks = BLOCK.findall(text)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
    shown = "".join(OUTPUT.findall(text))
    assert capsys.readouterr().out == shown


def test_make_targets_exist() -> None:
    makefile = (README.parent / "Makefile").read_text()
    targets = set(re.findall(r"^    make (\w+)|`make (\w+)`", README.read_text(), re.M))
    assert targets
    for names in targets:
        name = names[0] or names[1]
        assert re.search(rf"^{name}:", makefile, re.M), name
