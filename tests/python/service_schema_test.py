"""The server is held to /openapi.json by schemathesis: what it answers to generated requests is what it says it answers."""
import os
import subprocess
import sys
import unittest

from service import ServiceCase

try:
    import schemathesis
except ImportError:
    schemathesis = None

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,negative_data_rejection,unsupported_method"


@unittest.skipIf(schemathesis is None, "schemathesis is not in this environment")
class SchemaTest(ServiceCase):
    settings = "[http]\nstall_seconds = 5\n"

    def test_answers_are_what_the_description_says(self):
        self.run_job(training_job_id="one")
        self.run_job("fail", status="failed")
        examples = "60" if os.environ.get("MODELPORT_TEST_ALL") else "6"
        program = os.path.join(os.path.dirname(sys.executable), "schemathesis")
        result = subprocess.run([program, "run", f"http://127.0.0.1:{self.service.port}/openapi.json", "--checks", CHECKS, "--max-examples", examples, "--seed", "7", "--phases", "examples,coverage,fuzzing",
                                 "--exclude-path", "/export/events", "--workers", "1", "--no-color", "--request-timeout", "20", "--generation-database", "none"],
                                capture_output=True, text=True, cwd=self.service.folder, timeout=1500)
        self.assertEqual(result.returncode, 0, result.stdout[-60000:] + result.stderr[-2000:])
        self.assertEqual(self.service.get("/healthz").status, 200)


if __name__ == "__main__":
    unittest.main()
