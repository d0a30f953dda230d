"""Every text for people has its Chinese, and none stands outside the catalogue.

    texts.py check                 the catalogue against what xgettext finds in the tree
    texts.py pseudo FOLDER         FOLDER/zh_CN/LC_MESSAGES/linli.mo with every text in brackets, for tests/gui

A bracket that is missing on the screen is a text that nobody can translate.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DESK = ROOT / "client/desk"
CATALOGUE = DESK / "po/zh_CN.po"
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
PLACE = re.compile(r"%(?:\d+\$)?[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?[a-zA-Z%]")


def entries(text):
    """{msgid: [msgstr, …]} of a catalogue or template; fuzzy ones are left out."""
    found = {}
    for block in text.split("\n\n"):
        if re.search(r"^#,.*fuzzy", block, re.M) or "\n#~" in block or block.startswith("#~"):
            continue
        parts = {}
        word = None
        for line in block.splitlines():
            if line.startswith("msg"):
                word = line.split(" ", 1)[0]
                parts[word] = ""
            if word and not line.startswith("#"):
                parts[word] += "".join(STRING.findall(line))
        if parts.get("msgid"):
            strings = [value for key, value in parts.items() if key.startswith("msgstr")]
            found[parts.get("msgctxt", "") + parts["msgid"]] = strings
    return found


def template(folder):
    """What the tree says to people, as xgettext finds it."""
    pot = pathlib.Path(folder) / "linli.pot"
    code = sorted([*DESK.glob("*/*.c"), *(ROOT / "client/core").glob("*.c"), *DESK.glob("*/*.ui"), DESK / "main.c"])
    data = (DESK / "data").glob("*.gschema.xml")
    subprocess.run(["xgettext", "--from-code=UTF-8", "-k_", "-kN_", "-klinli_text", "-kC_:1c,2", "-kngettext:1,2", "--no-wrap",
                    "--add-comments=no", "-o", pot, *code, *data], check=True, stderr=subprocess.DEVNULL)
    return pot


def places(text):
    return sorted(PLACE.findall(text.replace("%%", "")))


def beside():
    """Texts that carry their Chinese beside them: of the desktop file and the metainfo."""
    desktop = (DESK / "data/cn.linli.Desk.desktop").read_text("utf-8")
    lacks = [line for line in re.findall(r"^((?:Name|GenericName|Comment|Keywords)=.*)$", desktop, re.M)
             if desktop.count(line.split("=")[0] + "[zh_CN]=") < desktop.count("\n" + line.split("=")[0] + "=")]
    lines = (DESK / "data/cn.linli.Desk.metainfo.xml").read_text("utf-8").splitlines()
    for line, after in zip(lines, lines[1:]):
        found = re.match(r" *<(name|summary|p|li)>", line)
        if found and f'<{found[1]} xml:lang="zh_CN">' not in after:
            lacks.append(line.strip())
    return lacks


def check():
    subprocess.run(["msgfmt", "--check", "-o", "/dev/null", CATALOGUE], check=True)
    chinese = entries(CATALOGUE.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        wanted = entries(template(folder).read_text("utf-8"))
    problems = [f"no Chinese: {text}" for text in wanted if not all(chinese.get(text) or [""])]
    problems += [f"said nowhere any more: {text}" for text in chinese if text not in wanted]
    problems += [f"other placeholders: {text}" for text, strings in chinese.items()
                 for one in strings[:1] if len(strings) == 1 and places(text) != places(one)]
    problems += [f"no Chinese beside it: {line}" for line in beside()]
    for problem in problems:
        print(problem)
    print(f"{len(wanted)} texts, {len(problems)} problems")
    return 1 if problems else 0


def pseudo(folder):
    """The template again, each text in brackets around itself: longer by a third, as German would be."""
    target = pathlib.Path(folder) / "zh_CN/LC_MESSAGES"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        english = pathlib.Path(scratch) / "en.po"
        subprocess.run(["msgen", "--no-wrap", "-o", english, template(scratch)], check=True)
        text = english.read_text("utf-8").replace("charset=ASCII", "charset=UTF-8")
        head, *rest = text.split("\n\n")
        head = re.sub(r'"Plural-Forms:.*"', r'"Plural-Forms: nplurals=2; plural=(n != 1);\\n"', head)
        rest = [re.sub(r'^(msgstr(?:\[\d\])? )"(.*?)((?:\\n)?)"$', r'\1"⟦\2~~~⟧\3"', block, flags=re.M) for block in rest]
        english.write_text("\n\n".join([head, *rest]), "utf-8")
        subprocess.run(["msgfmt", "-o", target / "linli.mo", english], check=True)
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["check"]:
        sys.exit(check())
    if len(sys.argv) == 3 and sys.argv[1] == "pseudo":
        sys.exit(pseudo(sys.argv[2]))
    sys.exit(__doc__)
