#include <gmock/gmock.h>

#include <cstring>

#include "artifact/readers.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::Optional;

/// A flatbuffer built back to front: what is referred to is added after what refers to it.
class Flatbuffer {
 public:
  Flatbuffer() : bytes_("\0\0\0\0TFL3", 8) {}

  /// A table whose fields are offsets, to be set later; gives where each field lies. Fields are numbered from 0.
  size_t table(const std::vector<uint16_t>& slots, size_t size) {
    align();
    const size_t vtable = bytes_.size();
    put<uint16_t>(static_cast<uint16_t>(4 + 2 * slots.size()));
    put<uint16_t>(static_cast<uint16_t>(size));
    for (const uint16_t slot : slots) put<uint16_t>(slot);
    align();
    const size_t at = bytes_.size();
    put<int32_t>(static_cast<int32_t>(at - vtable));
    bytes_.resize(at + size);
    return at;
  }
  void link(size_t from, size_t to) { set(from, static_cast<uint32_t>(to - from)); }
  size_t integers(const std::vector<int32_t>& values) {
    align();
    const size_t at = bytes_.size();
    put(static_cast<uint32_t>(values.size()));
    for (const int32_t value : values) put(value);
    return at;
  }
  size_t text(const std::string& text) {
    align();
    const size_t at = bytes_.size();
    put(static_cast<uint32_t>(text.size()));
    bytes_ += text + '\0';
    return at;
  }
  template <class T>
  void set(size_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  template <class T>
  void put(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    set(at, value);
  }
  void align() { bytes_.resize((bytes_.size() + 3) / 4 * 4); }
  std::string bytes_;
};

/// One input [1, -1, -1, 3] of uint8 (its shape says 1), one output [1, 7] of float32.
std::string model() {
  Flatbuffer file;
  const size_t root = file.table({0, 0, 4}, 8);
  file.link(0, root);
  const size_t graphs = file.integers({0});
  file.link(root + 4, graphs);
  const size_t graph = file.table({4, 8, 12}, 16);
  file.link(graphs + 4, graph);
  const size_t tensors = file.integers({0, 0});
  file.link(graph + 4, tensors);
  file.link(graph + 8, file.integers({1}));
  file.link(graph + 12, file.integers({0}));
  const size_t output = file.table({4, 0, 0, 8}, 12);
  file.link(tensors + 4, output);
  file.link(output + 4, file.integers({1, 7}));
  file.link(output + 8, file.text("Identity"));
  const size_t input = file.table({4, 16, 0, 8, 0, 0, 0, 12}, 20);
  file.link(tensors + 8, input);
  file.link(input + 4, file.integers({1, 1, 1, 3}));
  file.link(input + 8, file.text("images"));
  file.link(input + 12, file.integers({1, -1, -1, 3}));
  file.set<uint8_t>(input + 16, 3);
  return file.bytes();
}

Result<ArtifactHeader> read(const std::string& bytes) { return read_tflite_header(std::as_bytes(std::span(bytes))); }

TEST(TfliteHeader, InputsAndOutputs) {
  const auto header = read(model());
  ASSERT_TRUE(header) << header.error().text();
  EXPECT_EQ(header->inputs[0].name, "images");
  EXPECT_EQ(header->inputs[0].dtype, "uint8");
  EXPECT_THAT(header->inputs[0].dims, Optional(ElementsAre(1, kDynamicSize, kDynamicSize, 3)));
  EXPECT_EQ(header->outputs[0].dtype, "float32");
  EXPECT_THAT(header->outputs[0].dims, Optional(ElementsAre(1, 7)));
}

TEST(TfliteHeader, WeightsBehindTheFlatbuffer) {
  Flatbuffer file;
  const auto with_buffer = [&](uint64_t offset, uint64_t size) {
    Flatbuffer with = file;
    const size_t root = with.table({0, 0, 4, 0, 8}, 12);
    with.link(0, root);
    const size_t graphs = with.integers({0}), graph = with.table({4, 0, 8}, 12), tensors = with.integers({0});
    with.link(root + 4, graphs);
    with.link(graphs + 4, graph);
    with.link(graph + 4, tensors);
    with.link(tensors + 4, with.table({}, 4));
    with.link(graph + 8, with.integers({0}));
    const size_t buffers = with.integers({0});
    with.link(root + 8, buffers);
    const size_t buffer = with.table({0, 4, 12}, 20);
    with.link(buffers + 4, buffer);
    with.set(buffer + 4, offset);
    with.set(buffer + 12, size);
    return with.bytes() + std::string(64, 'w');
  };
  const uint64_t whole = with_buffer(0, 0).size();
  EXPECT_TRUE(read(with_buffer(whole - 64, 64)));
  EXPECT_FALSE(read(with_buffer(whole - 64, 65)));
  EXPECT_FALSE(read(with_buffer(whole + 1, 0)));
}

TEST(TfliteHeader, RefusesWhatIsNone) {
  for (const std::string& bytes : {std::string(), std::string("TFL3TFL3"), std::string(1000, 'x')})
    EXPECT_FALSE(read(bytes));
}

TEST(TfliteHeader, NoByteLeadsOutside) {
  const std::string whole = model();
  for (size_t size = 0; size < whole.size(); ++size) static_cast<void>(read(whole.substr(0, size)));
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char byte : {'\x7f', '\xff', '\x80'}) {
      std::string changed = whole;
      changed[i] = byte;
      static_cast<void>(read(changed));
    }
  }
  std::string far = whole;
  const uint32_t offset = 0xfffffff0;
  std::memcpy(far.data(), &offset, sizeof offset);
  EXPECT_FALSE(read(far));
}

}  // namespace
}  // namespace modelport
