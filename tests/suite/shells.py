"""Asks shells what they offer for a command line. See shells.sh."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

# name, command line, words that are offered, words that are not
ROWS = (
    ("verbs", "belay ", ("deploy", "rollback", "status"), ("--json",)),
    ("a verb", "belay de", ("deploy",), ("rollback", "status")),
    ("a verb after a global option", "belay --json st", ("status",), ("deploy",)),
    ("options of a verb", "belay deploy --", ("--artifact", "--version"), ("--list",)),
    ("not those of another verb", "belay rollback --", ("--to", "--list"), ("--artifact",)),
    ("global options after a verb", "belay status --", ("--json", "--quiet"), ("--artifact",)),
    ("words of an argument", "belay completion ", ("bash", "zsh", "fish"), ("deploy",)),
)
SECONDS = 60
END = b"=end of the list="
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x1f]")


def bash(script, line):
    program = f"""source {script}
COMP_LINE='{line}' COMP_POINT={len(line)}
read -ra COMP_WORDS <<<"$COMP_LINE"; [[ $COMP_LINE != *' ' ]] || COMP_WORDS+=('')
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _belay; printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, timeout=SECONDS)
    return done.stdout + done.stderr


def fish(script, line):
    done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], capture_output=True, text=True,
                          timeout=SECONDS, env={**os.environ, "HOME": os.path.dirname(script)})
    words = [row.split("\t")[0] for row in done.stdout.splitlines()]
    return "\n".join(words) + done.stderr


def _read_until(terminal, mark):
    said, until = b"", time.monotonic() + SECONDS
    while mark not in said:
        if not select.select([terminal], [], [], max(until - time.monotonic(), 0))[0]:
            raise RuntimeError(f"zsh does not answer: {said.decode(errors='replace')}")
        said += os.read(terminal, 65536)
    return said


def zsh(script, line):
    """What zsh lists below the line after a TAB, or makes of the line."""
    directory = os.path.dirname(script)
    shutil.copy(script, os.path.join(directory, "_belay"))
    with open(os.path.join(directory, "setup"), "w") as file:
        file.write(f"""PS1='> ' LISTMAX=0; unsetopt prompt_sp zle_bracketed_paste 2>/dev/null
fpath=({directory} $fpath); autoload -Uz compinit; compinit -u -d {directory}/dump
zstyle ':completion:*' list-prompt ''
tell() {{ zle -M ''; print -r -- "[$BUFFER] {END.decode()}" }}; zle -N tell; bindkey '^X' tell; bindkey '^I' complete-word
setopt auto_list no_list_beep; print "ready"" to ask"
""")
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], {**os.environ, "HOME": directory, "TERM": "vt100", "COLUMNS": "200", "LINES": "100"})
    try:
        os.write(terminal, f"source {directory}/setup\n".encode())
        _read_until(terminal, b"ready to ask")
        os.write(terminal, line.encode() + b"\t\x18")
        return CONTROLS.sub(" ", _read_until(terminal, END).decode(errors="replace"))
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)


def judge(offered, wanted, unwanted):
    words = offered.replace("[", " ").replace("]", " ").split()
    missing = [word for word in wanted if not any(word == one.rstrip("=") for one in words)]
    return [f"{word} is missing" for word in missing] + [f"{word} is offered" for word in unwanted if word in words]


def main(belay):
    passed = failed = skipped = 0
    for name, ask in (("bash", bash), ("zsh", zsh), ("fish", fish)):
        if not shutil.which(name):
            print(f"shells: {name} is not installed: skipped")
            skipped += len(ROWS)
            continue
        with tempfile.TemporaryDirectory() as directory:
            script = os.path.join(directory, "belay." + name)
            with open(script, "w") as file:
                subprocess.run([belay, "completion", name], stdout=file, check=True)
            for title, line, wanted, unwanted in ROWS:
                offered = ask(script, line)
                faults = judge(offered, wanted, unwanted)
                passed, failed = passed + (not faults), failed + bool(faults)
                if faults:
                    print(f"failed: {name}, {title} ('{line}'): {', '.join(faults)}; it says:\n{offered}")
    print(f"shells: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
