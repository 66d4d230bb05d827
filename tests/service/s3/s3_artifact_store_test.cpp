#include "service/s3/s3_artifact_store.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "process/process_runner.h"
#include "process/spawn.h"
#include "service/s3/s3_client.h"
#include "tests/service/artifacts/artifact_store_contract.h"

/// The store on a real radosgw, which this program starts.
namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kSkipped = 77;

/// One radosgw for all tests of this program.
class Radosgw : public testing::Environment {
 public:
  void SetUp() override {
    const auto outcome = run("start");
    if (outcome.exit_code == kSkipped) {
      std::printf("skipped: radosgw is not installed\n");
      std::exit(kSkipped);
    }
    ASSERT_EQ(outcome.exit_code, 0) << said_;
  }
  void TearDown() override { run("stop"); }

  static S3Config config() {
    S3Config config;
    config.endpoint = endpoint_;
    config.bucket = "exports-of-tests";
    config.credentials = {"access", "secret", ""};
    config.first_pause = std::chrono::milliseconds(10);
    return config;
  }

 private:
  ProcessOutcome run(const std::string& what) {
    ProcessRequest request;
    request.arguments = {"python3", MODELPORT_SOURCE_DIR "/tests/service/s3/start_radosgw.py", what,
                         scratch_.path("cluster")};
    request.on_line = [&](Stream stream, std::string_view line) {
      if (stream == Stream::kStdout) endpoint_ = line;
      said_ += std::string(line) + "\n";
    };
    auto outcome = system_process_runner().run(request);
    EXPECT_TRUE(outcome);
    return outcome ? *outcome : ProcessOutcome();
  }

  ScratchDirectory scratch_;
  std::string said_;
  static inline std::string endpoint_;
};

const auto* const kRadosgw = testing::AddGlobalTestEnvironment(new Radosgw);

/// A bucket of its own for every test, so that lists hold what that test stored.
S3Config fresh_bucket() {
  static int count = 0;
  S3Config config = Radosgw::config();
  config.bucket += fmt::format("-{}", ++count);
  const auto made = S3Client(config).call({.method = "PUT", .key = ""});
  EXPECT_TRUE(made && made->status == 200) << (made ? made->body : made.error().text());
  return config;
}

/// The same bucket for one scratch directory, which a test opens twice.
const S3Config& bucket_of(const ScratchDirectory& scratch) {
  static std::map<std::string, S3Config> buckets;
  auto& config = buckets[scratch.path()];
  if (config.endpoint.empty()) config = fresh_bucket();
  return config;
}

StoreRow whole_row() {
  return {"whole", [](const ScratchDirectory& scratch) -> Result<std::unique_ptr<ArtifactStore>> {
            return make_s3_artifact_store(bucket_of(scratch));
          }};
}
StoreRow parts_row() {
  return {"parts", [](const ScratchDirectory& scratch) -> Result<std::unique_ptr<ArtifactStore>> {
            S3Config config = bucket_of(scratch);
            config.multipart_from = 1;
            return make_s3_artifact_store(config);
          }};
}
StoreRow bare_row() {
  return {"without_prefix", [](const ScratchDirectory& scratch) -> Result<std::unique_ptr<ArtifactStore>> {
            S3Config config = bucket_of(scratch);
            config.prefix.clear();
            return make_s3_artifact_store(config);
          }};
}

/// What a URL, a query and an XML document each write in another way.
constexpr const char* kOddPrefix = "a b/\u00e4+%41&=~";

StoreRow odd_row() {
  return {"with_an_odd_prefix", [](const ScratchDirectory& scratch) -> Result<std::unique_ptr<ArtifactStore>> {
            S3Config config = bucket_of(scratch);
            config.prefix = kOddPrefix;
            return make_s3_artifact_store(config);
          }};
}

INSTANTIATE_TEST_SUITE_P(Stores, ArtifactStoreContract,
                         testing::Values(whole_row(), parts_row(), bare_row(), odd_row()),
                         [](const auto& tested) { return tested.param.name; });

class S3ArtifactStore : public testing::Test {
 protected:
  Status put(const S3Config& config, const std::string& content) {
    const std::string file = scratch_.write("object", content);
    return make_s3_artifact_store(config)->put(
        {"a.zip", file, sha256_hex(std::as_bytes(std::span(content))), {{"model", "yolo11n \xc3\xa4\n"}}, "{}\n"});
  }
  ScratchDirectory scratch_;
};

TEST_F(S3ArtifactStore, SendsLargeFilesInParallelParts) {
  S3Config config = fresh_bucket();
  config.multipart_from = int64_t{6} << 20;
  config.part_bytes = int64_t{5} << 20;
  std::string content;
  for (uint32_t i = 0; content.size() < (size_t{13} << 20); ++i) content.append(reinterpret_cast<const char*>(&i), 4);
  ASSERT_TRUE(put(config, content));
  const auto store = make_s3_artifact_store(config);
  auto reader = store->open("a.zip", 0, static_cast<int64_t>(content.size()));
  ASSERT_TRUE(reader);
  std::string read(content.size() + 1, '\0');
  size_t at = 0;
  while (true) {
    auto count = (*reader)->read(std::as_writable_bytes(std::span(read).subspan(at)));
    ASSERT_TRUE(count) << count.error().text();
    if (*count == 0) break;
    at += *count;
  }
  read.resize(at);
  EXPECT_TRUE(read == content);
}

TEST_F(S3ArtifactStore, SaysWhatTheObjectIs) {
  const S3Config config = fresh_bucket();
  ASSERT_TRUE(put(config, "content"));
  const auto reply = S3Client(config).call({.method = "HEAD", .key = "exports/a.zip"});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->headers.at("x-amz-meta-model"), "yolo11n ???");
  EXPECT_EQ(reply->headers.at("content-type"), "application/zip");
}

TEST_F(S3ArtifactStore, KeepsMetadataBesideTheObjectAndRemovesBoth) {
  const S3Config config = fresh_bucket();
  ASSERT_TRUE(put(config, "content"));
  const S3Client client(config);
  EXPECT_EQ(client.call({.method = "GET", .key = "exports/a.metadata.json"})->body, "{}\n");
  const auto store = make_s3_artifact_store(config);
  const auto listed = store->list("", "", 10);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->size(), 1u);
  ASSERT_TRUE(store->remove("a.zip"));
  for (const char* key : {"exports/a.zip", "exports/a.metadata.json"})
    EXPECT_EQ(client.call({.method = "HEAD", .key = key})->status, 404) << key;
}

TEST_F(S3ArtifactStore, RemovesWhatWasBegunInPartsAndNeverEnded) {
  const S3Config config = fresh_bucket();
  const S3Client client(config);
  const auto uploads = [&] {
    const auto reply = client.call({.method = "GET", .key = "", .query = {{"uploads", ""}}});
    return reply ? reply->body : reply.error().text();
  };
  for (const char* key : {"/a.zip", "/a.zip.other"}) {
    const auto begun = client.call({.method = "POST", .key = config.prefix + key, .query = {{"uploads", ""}}});
    ASSERT_TRUE(begun && begun->status == 200);
  }
  ASSERT_THAT(uploads(), HasSubstr("<Key>exports/a.zip</Key>"));
  ASSERT_TRUE(make_s3_artifact_store(config)->remove("a.zip"));
  EXPECT_THAT(uploads(), Not(HasSubstr("<Key>exports/a.zip</Key>")));
  EXPECT_THAT(uploads(), HasSubstr("<Key>exports/a.zip.other</Key>")) << "another object's";
}

TEST_F(S3ArtifactStore, GivesLinksThatAnyoneMayFollow) {
  S3Config config = fresh_bucket();
  for (const std::string prefix : {"exports", "", kOddPrefix}) {
    config.prefix = prefix;
    ASSERT_TRUE(put(config, "content")) << prefix;
    const auto link =
        make_s3_artifact_store(config)->presigned_url("a.zip", "yolo11n onnx.zip", std::chrono::seconds(60));
    ASSERT_TRUE(link);
    EXPECT_TRUE(std::ranges::all_of(*link, [](char c) { return c > ' ' && c < '\x7f'; })) << *link;
    const auto reply = transfer({.method = "GET", .url = *link});
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200) << reply->body;
    EXPECT_EQ(reply->body, "content");
    EXPECT_EQ(reply->headers.at("content-disposition"), "attachment; filename=\"yolo11n onnx.zip\"");
    const auto changed = transfer({.method = "GET", .url = *link + "0"});
    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->status, 403);
  }
}

TEST_F(S3ArtifactStore, TellsAWrongKeyWithoutTheSecret) {
  S3Config config = fresh_bucket();
  config.credentials.secret_key = "not-the-right-secret";
  const Status refused = put(config, "content");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("403"));
  EXPECT_THAT(refused.error().text(), Not(HasSubstr("not-the-right-secret")));
  EXPECT_TRUE(std::filesystem::exists(scratch_.path("object"))) << "what was not stored stays";
}

TEST_F(S3ArtifactStore, RefusesAFileThatIsNotWhatItsDigestSays) {
  const S3Config config = fresh_bucket();
  const std::string file = scratch_.write("object", "content");
  const auto store = make_s3_artifact_store(config);
  ASSERT_FALSE(store->put({"a.zip", file, sha256_hex(std::as_bytes(std::span("other"))), {}}));
  EXPECT_FALSE(store->stat("a.zip"));
}

/// flaky_proxy.py in front of radosgw, while it lives.
class FlakyProxy {
 public:
  explicit FlakyProxy(const std::string& endpoint) {
    auto printed = make_pipe();
    EXPECT_TRUE(printed);
    const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const std::vector<std::string> arguments = {"python3", MODELPORT_SOURCE_DIR "/tests/service/s3/flaky_proxy.py",
                                                endpoint.substr(endpoint.rfind(':') + 1)};
    auto pid = spawn({.arguments = arguments,
                      .environment = {},
                      .working_directory = "",
                      .input = null.get(),
                      .output = printed->write.get(),
                      .error = null.get()});
    EXPECT_TRUE(pid);
    pid_ = *pid;
    printed->write.reset();
    std::string port;
    for (char c = 0; c != '\n';) {
      const ssize_t count = ::read(printed->read.get(), &c, 1);
      if (count == 0 || (count < 0 && errno != EINTR)) break;
      if (count == 1 && c != '\n') port += c;
    }
    EXPECT_FALSE(port.empty()) << "the proxy did not start";
    endpoint_ = "http://127.0.0.1:" + port;
  }
  ~FlakyProxy() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  const std::string& endpoint() const { return endpoint_; }

 private:
  pid_t pid_ = -1;
  std::string endpoint_;
};

TEST_F(S3ArtifactStore, StoresAndGivesThroughResetsRefusalsAndCutReplies) {
  S3Config config = fresh_bucket();
  const FlakyProxy proxy(config.endpoint);
  config.endpoint = proxy.endpoint();
  config.attempts = 8;
  const std::string content(200'000, 'c');
  for (const int64_t multipart_from : {int64_t{1} << 30, int64_t{1}}) {
    config.multipart_from = multipart_from;
    const Status done = put(config, content);
    ASSERT_TRUE(done) << done.error().text();
    const auto store = make_s3_artifact_store(config);
    auto reader = store->open("a.zip", 0, static_cast<int64_t>(content.size()));
    ASSERT_TRUE(reader) << reader.error().text();
    std::string read(content.size(), '\0');
    size_t at = 0;
    while (at < read.size()) {
      auto count = (*reader)->read(std::as_writable_bytes(std::span(read).subspan(at)));
      ASSERT_TRUE(count && *count > 0) << count.error().text();
      at += *count;
    }
    EXPECT_TRUE(read == content);
    ASSERT_TRUE(store->remove("a.zip"));
  }
}

TEST_F(S3ArtifactStore, SaysThatNobodyAnswers) {
  S3Config config = Radosgw::config();
  config.endpoint = "http://127.0.0.1:1";
  const Status refused = put(config, "content");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace modelport
