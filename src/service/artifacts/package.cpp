#include "service/artifacts/package.h"

#include <fcntl.h>

#include <algorithm>
#include <future>

#include "base/sha256.h"
#include "io/beneath.h"
#include "io/failpoint.h"
#include "io/mapped_file.h"
#include "io/output_file.h"
#include "io/zip_writer.h"
#include "service/artifacts/readme.h"
#include "service/artifacts/snippets.h"

namespace modelport {

namespace {

/// The zip under way, and what its manifest will say.
class PackageWriter {
 public:
  explicit PackageWriter(OutputFile& file)
      : zip_([&file](std::span<const std::byte> bytes) { return file.append(bytes); }) {}

  Status add(const std::string& name, std::span<const std::byte> content) {
    auto digest = std::async(std::launch::async, [content] { return sha256_hex(content); });
    const Status added = zip_.add_member(name, content);
    members_.push_back({{"name", name}, {"bytes", content.size()}, {"sha256", digest.get()}});
    return added;
  }
  Status add_text(const std::string& name, const std::string& text) {
    return add(name, std::as_bytes(std::span(text)));
  }

  Status finish(const std::string& manifest_name) {
    const std::string manifest = print_json({{"manifest_version", 1}, {"members", members_}});
    CHECK_OK(zip_.add_member(manifest_name, std::as_bytes(std::span(manifest))));
    return zip_.finish();
  }

 private:
  ZipWriter zip_;
  Json members_ = Json::array();
};

Result<std::shared_ptr<const MappedFile>> open_member(int directory, const std::string& name) {
  TRY(file, open_beneath(directory, name, O_RDONLY));
  return MappedFile::open(fmt::format("/proc/self/fd/{}", file.get())).in(name);
}

}  // namespace

Result<Package> write_package(const PackageRequest& request) {
  const Descriptor directory(::open(request.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return fail(ErrorCode::kUnreadable, "the exporter's output cannot be opened");
  TRY(file, OutputFile::create(request.zip_path));
  PackageWriter writer(file);
  const auto is_taken = [&](std::string_view name) {
    return std::ranges::find(request.files, name) != request.files.end();
  };
  const std::vector<Snippet> snippets = snippets_for(request.metadata);
  CHECK_OK(writer.add_text(readme_name(request.files),
                           package_readme(request.metadata, request.proof, request.files, snippets)));
  CHECK_OK(writer.add_text(std::string(kProofFile), print_json(request.proof)));
  for (const Snippet& snippet : snippets) {
    if (const std::string name = fmt::format("snippets/{}", snippet.name); !is_taken(name))
      CHECK_OK(writer.add_text(name, std::string(snippet.text)));
  }
  for (const std::string& name : request.files) {
    TRY(content, open_member(directory.get(), name));
    CHECK_OK(writer.add(name, content->bytes()));
    CHECK_OK(content->check_intact());
  }
  CHECK_OK(writer.finish(manifest_name(request.files)));
  failpoint("package: before the zip is durable");
  CHECK_OK(file.finish());
  failpoint("package: after the zip is durable");
  return Package{file.sha256(), file.size()};
}

}  // namespace modelport
