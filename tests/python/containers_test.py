"""Dockerfiles and compose.yaml: hadolint, what the convention asks of a container, and one service per trainer."""
import json
import re
import subprocess
import unittest

import dockerfile
from exporter import BUILD, SOURCE

DOCKERFILES = sorted([SOURCE / "Dockerfile", SOURCE / "docs/examples/Dockerfile", SOURCE / "convention/templates/cpp/Dockerfile",
                      *SOURCE.glob("trainers/*/Dockerfile")])
LINT = BUILD / "containers-venv" / "bin"
# The convention's isolated services.
PORTS = {"ultralytics": 8001, "timm": 8002, "huggingface": 8003}


def require_lint(test):
    if not (LINT / "hadolint").exists():
        test.skipTest(f"no {LINT.parent} (./test makes it)")


class Dockerfiles(unittest.TestCase):
    def each(self):
        for path in DOCKERFILES:
            with self.subTest(path=str(path.relative_to(SOURCE))):
                yield path, dockerfile.read(path)

    def test_every_trainer_has_one(self):
        trainers = {path.parent.name for path in SOURCE.glob("trainers/*/export.py")}
        self.assertEqual(trainers, {path.parent.name for path in SOURCE.glob("trainers/*/Dockerfile")})

    def test_hadolint(self):
        require_lint(self)
        result = subprocess.run([LINT / "hadolint", "--no-color", "--config", SOURCE / ".hadolint.yaml", *DOCKERFILES], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_stages(self):
        for path, stages in self.each():
            self.assertGreaterEqual(len(stages), 2, "build tools stay in a stage of their own")
            for stage in stages:
                self.assertRegex(stage.base, r"^debian:bookworm-\d{8}-slim$")
            final = stages[-1]
            self.assertRegex(final.last("USER"), r"^[1-9]\d*:[1-9]\d*$")
            self.assertEqual(final.last("WORKDIR"), "/data")
            self.assertIn("install -d -o 10001 -g 10001 /data", final.last("RUN"), "a volume takes the folder's owner")
            self.assertTrue(final.command("ENTRYPOINT"))
            if path != SOURCE / "Dockerfile":
                self.assertIn("python3", final.packages())
                self.assertEqual(final.command("ENTRYPOINT"), ["python3", "/opt/trainer/export.py"])
            self.assertFalse(set(final.packages()) & {"g++", "cmake", "make", "python3-pip"})
            for stage, sources, _ in final.copies():
                self.assertIn(stage, (None, *(earlier.name for earlier in stages[:-1])))

    def test_what_is_copied_exists(self):
        for path, stages in self.each():
            context = path.parent if path.parent not in (SOURCE / "trainers" / name for name in PORTS) else SOURCE
            for stage in stages:
                for source_stage, sources, _ in stage.copies():
                    for source in sources if source_stage is None else ():
                        if source != "requirements.txt":
                            self.assertTrue(list(context.glob(source)) if source != "." else True, source)

    def test_the_source_of_a_build_is_complete(self):
        for path in (SOURCE / "Dockerfile", *SOURCE.glob("trainers/*/Dockerfile")):
            copied = {source for _, sources, _ in dockerfile.read(path)[0].copies() for source in sources}
            text = (SOURCE / "CMakeLists.txt").read_text()
            for folder in set(re.findall(r"\b(cmake|convention|src)\b", text)):
                self.assertIn(folder, copied)
            # What src/service/api compiles in.
            self.assertLessEqual({"web", "docs/openapi"}, copied)


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not (LINT / "python").exists():
            raise unittest.SkipTest(f"no {LINT.parent} (./test makes it)")
        program = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)"
        cls.compose = json.loads(subprocess.run([LINT / "python", "-c", program, SOURCE / "compose.yaml"], check=True, capture_output=True).stdout)

    def test_one_service_per_trainer(self):
        trainers = {path.parent.name for path in SOURCE.glob("trainers/*/Dockerfile")}
        self.assertEqual(set(self.compose["services"]), {"backend", "database", *(f"{name}-trainer" for name in trainers)})
        for name in trainers:
            service = self.compose["services"][f"{name}-trainer"]
            self.assertEqual(service["expose"], [str(PORTS[name])])
            self.assertEqual(service["command"][0], "worker")
            self.assertEqual(service["command"][-2:], ["--listen", f"0.0.0.0:{PORTS[name]}"])
            self.assertEqual(service["build"]["dockerfile"], f"trainers/{name}/Dockerfile")
            self.assertEqual(service["networks"], ["trainers"])
        self.assertTrue(self.compose["networks"]["trainers"]["internal"])

    def test_services_are_isolated(self):
        for name, service in self.compose["services"].items():
            with self.subTest(service=name):
                self.assertTrue(service["read_only"])
                self.assertEqual((service["cap_drop"], service["security_opt"]), (["ALL"], ["no-new-privileges:true"]))
                self.assertTrue(all(port.startswith("127.0.0.1:") for port in service.get("ports", [])))


if __name__ == "__main__":
    unittest.main()
