"""Reads a Dockerfile: stages of instructions, and what the last stage holds."""
import json
import re
from dataclasses import dataclass, field


@dataclass
class Stage:
    """One FROM and what follows it."""
    base: str
    name: str
    instructions: list = field(default_factory=list)  # (keyword, text)

    def all(self, keyword):
        return [text for word, text in self.instructions if word == keyword]

    def last(self, keyword):
        found = self.all(keyword)
        return found[-1] if found else None

    def command(self, keyword):
        """ENTRYPOINT or CMD in its exec form."""
        return json.loads(self.last(keyword) or "[]")

    def packages(self):
        """Debian packages that it installs."""
        lines = re.findall(r"apt-get install -y --no-install-recommends ([^&]*)", " ".join(self.all("RUN")))
        return [name for line in lines for name in line.split()]

    def copies(self):
        """(stage or None for the context, sources, destination) of every COPY."""
        rows = []
        for text in self.all("COPY"):
            words = text.split()
            stage = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
            rows.append((stage, words[:-1], words[-1]))
        return rows


def read(path):
    """The stages of a Dockerfile."""
    stages = []
    text = re.sub(r"\\\n", "", "".join(line for line in path.read_text().splitlines(keepends=True) if not line.startswith("#")))
    for line in filter(str.strip, text.splitlines()):
        keyword, _, rest = line.partition(" ")
        if keyword == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name))
        else:
            stages[-1].instructions.append((keyword, rest.strip()))
    return stages
