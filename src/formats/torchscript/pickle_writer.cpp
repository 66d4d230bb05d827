#include "formats/torchscript/pickle_writer.h"

#include <fmt/format.h>

#include <limits>

#include "formats/torchscript/layout.h"

namespace modelport::torchscript {

namespace {

/// Appends opcodes of pickle protocol 2 (CPython's Lib/pickletools.py).
class Pickle {
 public:
  Pickle() { out_ = "\x80\x02"; }

  void global(std::string_view module, std::string_view name) { out_ += fmt::format("c{}\n{}\n", module, name); }
  void mark() { out_ += '('; }
  void tuple() { out_ += 't'; }
  void empty_tuple() { out_ += ')'; }
  void empty_dict() { out_ += '}'; }
  void set_items() { out_ += 'u'; }
  void reduce() { out_ += 'R'; }
  void new_object() { out_ += '\x81'; }
  void build() { out_ += 'b'; }
  void persistent_id() { out_ += 'Q'; }
  void no() { out_ += '\x89'; }
  std::string finish() && { return std::move(out_) + '.'; }

  void text(std::string_view text) {
    out_ += 'X';
    little_endian(text.size(), 4);
    out_ += text;
  }
  void integer(int64_t value) {
    if (value >= 0 && value <= std::numeric_limits<int32_t>::max()) {
      out_ += 'J';
      little_endian(static_cast<uint64_t>(value), 4);
    } else {
      out_ += "\x8a\x08";
      little_endian(static_cast<uint64_t>(value), 8);
    }
  }
  void integers(const Shape& values) {
    mark();
    for (const int64_t value : values) integer(value);
    tuple();
  }

 private:
  void little_endian(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xff);
  }
  std::string out_;
};

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (size_t axis = shape.size(); axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  return strides;
}

void put_tensor(Pickle& pickle, const TorchBuffer& buffer) {
  pickle.global("torch._utils", "_rebuild_tensor_v2");
  pickle.mark();
  pickle.mark();
  pickle.text("storage");
  pickle.global("torch", layout::scalar_type(buffer.data.dtype())->storage);
  pickle.text(fmt::format("{}", buffer.storage));
  pickle.text("cpu");
  pickle.integer(buffer.data.element_count());
  pickle.tuple();
  pickle.persistent_id();
  pickle.integer(0);
  pickle.integers(buffer.data.shape());
  pickle.integers(strides_of(buffer.data.shape()));
  pickle.no();
  pickle.global("collections", "OrderedDict");
  pickle.empty_tuple();
  pickle.reduce();
  pickle.tuple();
  pickle.reduce();
}

}  // namespace

std::string torch_data_pickle(const TorchModel& model) {
  Pickle pickle;
  pickle.global(layout::kModule, layout::kClass);
  pickle.empty_tuple();
  pickle.new_object();
  pickle.empty_dict();
  pickle.mark();
  pickle.text("training");
  pickle.no();
  for (const TorchBuffer& buffer : model.buffers) {
    pickle.text(buffer.name);
    put_tensor(pickle, buffer);
  }
  pickle.set_items();
  pickle.build();
  return std::move(pickle).finish();
}

std::string torch_constants_pickle() {
  Pickle pickle;
  pickle.empty_tuple();
  return std::move(pickle).finish();
}

}  // namespace modelport::torchscript
