#include "tests/service/radosgw_server.h"

#include "process/process_runner.h"
#include "service/s3/s3_client.h"

namespace modelport {

namespace {

/// What start_radosgw.py ends with where Ceph is not installed.
constexpr int kNotInstalled = 77;

}  // namespace

RadosgwServer::RadosgwServer() {
  const int started = run("start");
  if (started == kNotInstalled) said_ = "radosgw is not installed";
  if (started != 0) endpoint_.clear();
}

RadosgwServer::~RadosgwServer() { run("stop"); }

int RadosgwServer::run(const std::string& what) {
  ProcessRequest request;
  request.arguments = {"python3", MODELPORT_SOURCE_DIR "/tests/service/s3/start_radosgw.py", what,
                       directory_.path("cluster")};
  request.on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::kStdout) endpoint_ = line;
    said_ += std::string(line) + "\n";
  };
  const auto outcome = system_process_runner().run(request);
  return outcome ? outcome->exit_code.value_or(-1) : -1;
}

std::map<std::string, std::string> RadosgwServer::environment(const std::string& bucket,
                                                              const std::string& prefix) const {
  std::map<std::string, std::string> variables = {{"S3_ENDPOINT", endpoint_},
                                                  {"S3_BUCKET", bucket},
                                                  {"S3_PREFIX", prefix},
                                                  {"AWS_ACCESS_KEY_ID", "access"},
                                                  {"AWS_SECRET_ACCESS_KEY", "secret"}};
  const auto config = s3_config_from([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  });
  EXPECT_TRUE(config);
  const auto made = S3Client(*config).call({.method = "PUT", .key = ""});
  EXPECT_TRUE(made && made->status / 100 == 2) << (made ? made->body : made.error().text());
  return variables;
}

}  // namespace modelport
