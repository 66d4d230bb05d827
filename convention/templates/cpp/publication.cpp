#include "publication.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace fs = std::filesystem;

namespace {

/// The paths behind what an export function returned, one per name.
std::vector<fs::path> written_paths(const fs::path& returned, const std::vector<std::string>& names) {
  if (names.size() == 1) return {returned};
  fs::path model = returned;
  if (fs::is_directory(returned)) {
    model.clear();
    for (const fs::directory_entry& entry : fs::directory_iterator(returned)) {
      if (entry.path().extension() != ".xml") continue;
      if (!model.empty()) throw std::runtime_error(returned.string() + " holds several .xml files");
      model = entry.path();
    }
    if (model.empty()) throw std::runtime_error(returned.string() + " holds no .xml file");
  }
  return {model, fs::path(model).replace_extension(".bin")};
}

/// rename(2), and a copy where the two are on different file systems or `from` is a link to what must stay.
void move_into_place(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (!fs::is_symlink(from)) {
    fs::rename(from, to, error);
    if (!error) return;
    if (error != std::errc::cross_device_link) throw fs::filesystem_error("cannot move", from, to, error);
  }
  fs::copy(fs::canonical(from), to, fs::copy_options::recursive);
  fs::remove_all(from);
}

}  // namespace

Scratch::Scratch(const fs::path& output) {
  fs::create_directories(output);
  std::string name = (fs::absolute(output) / ".export-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "cannot write into " + output.string());
  }
  root_ = name;
  for (const fs::path& folder : {work(), checkpoint(), finished()}) fs::create_directory(folder);
}

Scratch::~Scratch() {
  remove();
  std::error_code ignored;
  fs::remove(record(), ignored);
}

void Scratch::remove() const {
  std::error_code ignored;
  fs::current_path("/", ignored);
  fs::remove_all(root_, ignored);
}

void collect(const std::string& returned, const std::vector<std::string>& names, const fs::path& folder) {
  const std::vector<fs::path> paths = written_paths(returned, names);
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string path = paths[i].string();
    if (!fs::exists(paths[i]))
      throw std::runtime_error("the export function returned " + path + ", which does not exist");
    const bool package = fs::path(names[i]).extension() == ".mlpackage";
    if (fs::is_directory(paths[i]) != package) {
      throw std::runtime_error(path + (package ? " is a file, and " : " is a directory, and ") + names[i] + " is not");
    }
    if (fs::is_empty(paths[i])) throw std::runtime_error(path + " is empty");
    move_into_place(paths[i], folder / names[i]);
  }
}

void write_durably(const fs::path& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  size_t done = 0;
  bool good = file >= 0;
  while (good && done < text.size()) {
    const ssize_t count = write(file, text.data() + done, text.size() - done);
    good = count > 0;
    if (good) done += static_cast<size_t>(count);
  }
  good = good && fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) close(file);
  if (!good) throw std::system_error(reason, std::generic_category(), "cannot write " + path.string());
}

void publish(const Scratch& scratch, const std::vector<std::string>& names, const fs::path& output) {
  fs::remove(output / "metadata.json");
  for (const std::string& name : names) {
    if (fs::is_directory(fs::symlink_status(output / name))) fs::remove_all(output / name);
    fs::rename(scratch.finished() / name, output / name);
  }
  fs::rename(scratch.finished() / "metadata.json", scratch.record());
  scratch.remove();
  fs::rename(scratch.record(), output / "metadata.json");
}
