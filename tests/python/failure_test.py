"""Exit code 1: what is wrong with the checkpoint or the output, said in one line; what was there before stays."""
import os
import pickle
import random
import resource
import shutil
import subprocess
import unittest
import zipfile

from exporter import FIXTURES, LOG_LINE, SAMPLE, ExportCase, arguments, last_error, run, test_data


class Failures(ExportCase):
    def fails(self, pattern, **options):
        result = run(arguments(output=self.output, **options))
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(last_error(result.stderr), pattern)
        self.assertEqual(result.stdout, "")
        return result

    def test_checkpoints_that_are_none(self):
        missing = self.folder / "missing.pt"
        self.fails(f"^cannot open {missing}: No such file or directory", checkpoint=missing)
        self.fails("is a directory, not a file", checkpoint=self.folder)
        empty = self.folder / "empty.pt"
        empty.touch()
        self.fails("empty", checkpoint=empty)
        text = self.folder / "text.pt"
        text.write_text("epochs: 100\n")
        self.fails("text.pt", checkpoint=text)
        self.assert_no_export()

    def test_truncations(self):
        whole = SAMPLE.read_bytes()
        cut = self.folder / "cut.pt"
        for percent in range(0, 100, 5 if not os.environ.get("MODELPORT_TEST_ALL") else 1):
            cut.write_bytes(whole[:len(whole) * percent // 100])
            with self.subTest(percent=percent):
                self.fails(".", checkpoint=cut)
        self.assert_no_export()

    def test_flipped_bits(self):
        whole, flipped, chance = SAMPLE.read_bytes(), self.folder / "flipped.pt", random.Random(20251116)
        for _ in range(2000 if os.environ.get("MODELPORT_TEST_ALL") else 100):
            position, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
            flipped.write_bytes(whole[:position] + bytes([whole[position] ^ bit]) + whole[position + 1:])
            with self.subTest(position=position, bit=bit):
                result = run(arguments(checkpoint=flipped, output=self.output, config={"validate": "off"}))
                if result.returncode == 0:  # Nothing reads padding and dates.
                    self.assertEqual((self.output / "model.onnx").read_bytes(), self.whole_export())
                else:
                    self.assertEqual(result.returncode, 1, result.stderr)
                    self.assertIsNotNone(last_error(result.stderr))

    def whole_export(self):
        """The bytes of model.onnx of the undamaged checkpoint, without validation."""
        reference = self.folder / "reference"
        if not reference.exists():
            self.assertEqual(run(arguments(output=reference, config={"validate": "off"})).returncode, 0)
        return (reference / "model.onnx").read_bytes()

    def test_a_hostile_name_leaves_the_log_readable(self):
        path = self.folder / "named.pt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("top/data.pkl", b"\x80\x02cm\x1b[31m\xed\xa0\x80\nf\n)R.")
        result = self.fails(r"it calls m\\x1b\[31m\\xed\\xa0\\x80", checkpoint=path)
        self.assertTrue(all(LOG_LINE.match(line) for line in result.stderr.splitlines()))

    def test_unreadable(self):
        secret = self.folder / "secret.pt"
        shutil.copy(SAMPLE, secret)
        secret.chmod(0)
        os.chmod(self.folder, 0o777)
        result = run(arguments(checkpoint=secret, output=self.output), user=65534) if os.geteuid() == 0 else run(
            arguments(checkpoint=secret, output=self.output))
        self.assertEqual(result.returncode, 1)
        self.assertIn("Permission denied", last_error(result.stderr))

    def test_other_frameworks(self):
        self.fails("transformer-class-erf.safetensors", checkpoint=FIXTURES / "transformer-class-erf.safetensors")
        data = test_data()
        if data is None:
            self.skipTest("MODELPORT_TEST_DATA is not set")
        self.fails("timm", checkpoint=data / "checkpoints/timm/timm_mnv3small050_acne_student_best.pth")
        self.fails(r"^Not translated: espdet_pico_224_cat\.pt: 7 of its classes.*nn\.modules\.esp_head\.ESPDetect.*module_aliases", checkpoint=data / "checkpoints/ultralytics/espdet_pico_224_cat.pt")
        self.assert_no_export()

    def test_hostile(self):
        """Pickles that would leave a canary behind, or print, if anything in them were called."""
        canary = self.folder / "canary"
        canary.mkdir()

        class Leaves:
            def __init__(self, call):
                self.call = call

            def __reduce__(self):
                return self.call

        calls = {"file": (open, (str(canary / "file"), "w")), "directory": (os.mkdir, (str(canary / "directory"),)), "print": (print, ("called",)),
                 "code": (eval, (f"open({str(canary / 'code')!r}, 'w')",)), "process": (subprocess.run, (["touch", str(canary / "process")],))}
        for name, call in calls.items():
            for protocol in range(6):
                content = pickle.dumps({"model": Leaves(call)}, protocol)
                for container in ("plain", "torch", "zip"):
                    path = self.folder / f"{name}-{protocol}-{container}.pt"
                    if container == "plain":
                        path.write_bytes(content)
                    else:
                        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                            archive.writestr("top/data.pkl" if container == "torch" else "weights.bin", content)
                    with self.subTest(path=path.name):
                        result = self.fails("it calls .*nothing was run", checkpoint=path)
                        self.assertNotIn("called\n", result.stdout)
                        self.assertEqual(list(canary.iterdir()), [])
        self.assert_no_export()

    def test_unknown(self):
        path = self.folder / "unknown.pt"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("top/data.pkl", b"\x80\x02csome.package\nmake\n)R.")
        result = self.fails("not read: it calls some.package.make, which this reader does not know .*docs/checkpoint_contents.md", checkpoint=path)
        self.assertNotIn("would run", result.stderr)

    def test_output_that_cannot_be_written(self):
        blocker = self.folder / "file"
        blocker.touch()
        result = run(arguments(output=blocker / "out"))
        self.assertEqual(result.returncode, 1)
        self.assertRegex(last_error(result.stderr), "^cannot make the directory .*: Not a directory")
        if os.geteuid() != 0:
            return
        locked = self.folder / "locked"
        locked.mkdir(mode=0o555)
        os.chmod(self.folder, 0o755)
        result = run(arguments(output=locked), user=65534)
        self.assertEqual(result.returncode, 1)
        self.assertRegex(last_error(result.stderr), "^cannot write into .*locked: Permission denied")

    def test_full_disk(self):
        self.export()
        before = {path.name: path.read_bytes() for path in self.output.iterdir()}
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        result = run(arguments(output=self.output, config={"opset_version": 13}), preexec_fn=limit)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(last_error(result.stderr), "^cannot write .*: File too large")
        self.assertEqual({path.name: path.read_bytes() for path in self.output.iterdir()}, before)

    def test_full_tmpfs(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("mounting needs privileges")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        result = run(arguments(output=disk / "out"))
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(last_error(result.stderr), "No space left on device")
        self.assertEqual(list(disk.iterdir()), [])

    def test_read_only_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("mounting needs privileges")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        for output, message in ((disk, f"cannot write into {disk}: "), (disk / "out", f"cannot make the directory {disk / 'out'}: ")):
            result = run(arguments(output=output))
            self.assertEqual((result.returncode, last_error(result.stderr)), (1, message + "Read-only file system"))

    def test_out_of_memory(self):
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (48 << 20, 48 << 20))
        result = run(arguments(output=self.output, config={"imgsz": 4096, "validate": "reference"}), preexec_fn=limit)
        self.assertEqual((result.returncode, last_error(result.stderr)), (1, "out of memory"))
        self.assert_no_export()

    def test_failed_run_leaves_the_old_export(self):
        self.export()
        before = {path.name: path.read_bytes() for path in self.output.iterdir()}
        self.fails("cannot open", checkpoint=self.folder / "missing.pt")
        self.assertEqual({path.name: path.read_bytes() for path in self.output.iterdir()}, before)

    def test_checkpoint_is_unchanged(self):
        before = SAMPLE.read_bytes(), SAMPLE.stat().st_mtime_ns
        self.export()
        self.assertEqual((SAMPLE.read_bytes(), SAMPLE.stat().st_mtime_ns), before)


if __name__ == "__main__":
    unittest.main()
