#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tensor/dtype.h"

/// The grammar of an OpenVINO IR, version 11 (OpenVINO 2022.1 and later; src/core/src/pass/serialize.cpp,
/// src/frontends/ir). Two files:
///
///   NAME.xml  <net name version="11">
///               <layers> <layer id name type version="opsetN">
///                 <data .../>                        attributes, as text; Const: element_type, shape, offset, size
///                 <rt_info> <attribute name version/> </rt_info>                  optional marks
///                 <input>  <port id precision> <dim>N</dim>... </port>... </input>
///                 <output> <port id precision names="a,b"> <dim>N</dim>... </port>... </output>
///               <edges> <edge from-layer from-port to-layer to-port/>
///               <rt_info> nested elements, leaves with value="..." </rt_info>
///   NAME.bin  the constants: little-endian elements in C order, each at its layer's offset.
///
/// Ports of a layer are numbered through: inputs from 0, then outputs. A dim of -1 varies. Parameters come first,
/// Results last; the order of Parameters and Results is the order of the model's inputs and outputs.
namespace modelport::openvino::layout {

inline constexpr std::string_view kModelFile = "model.xml";
inline constexpr std::string_view kWeightsFile = "model.bin";

inline constexpr int64_t kIrVersion = 11;
/// Constants begin at multiples of this, so that an engine can use them where they are mapped.
inline constexpr uint64_t kConstantAlignment = 64;
/// How a size that may vary is written in <dim>, and in the shape of a Parameter.
inline constexpr int64_t kVaryingSize = -1;
inline constexpr std::string_view kVaryingSizeInShape = "?";
/// The mark of a Convert that only undoes compressed storage.
inline constexpr std::string_view kDecompression = "decompression";

/// Bounds of the reader: far beyond any network, far below what would exhaust memory.
inline constexpr uint64_t kMaxXmlBytes = uint64_t{256} << 20;
inline constexpr size_t kMaxLayers = size_t{1} << 20;
inline constexpr size_t kMaxPorts = 4096;
inline constexpr size_t kMaxRank = 64;

/// The two spellings of an element type: of a port ("FP32") and of an attribute ("f32").
struct ElementType {
  DType dtype;
  std::string_view precision;
  std::string_view attribute;
};
inline constexpr std::array kElementTypes = {
    ElementType{DType::kFloat32, "FP32", "f32"},  ElementType{DType::kFloat16, "FP16", "f16"},
    ElementType{DType::kFloat64, "FP64", "f64"},  ElementType{DType::kBFloat16, "BF16", "bf16"},
    ElementType{DType::kInt64, "I64", "i64"},     ElementType{DType::kInt32, "I32", "i32"},
    ElementType{DType::kInt16, "I16", "i16"},     ElementType{DType::kInt8, "I8", "i8"},
    ElementType{DType::kUInt64, "U64", "u64"},    ElementType{DType::kUInt32, "U32", "u32"},
    ElementType{DType::kUInt16, "U16", "u16"},    ElementType{DType::kUInt8, "U8", "u8"},
    ElementType{DType::kBool, "BOOL", "boolean"},
};

/// The row of a dtype; nothing for what an IR does not hold.
constexpr std::optional<ElementType> element_type(DType dtype) {
  for (const ElementType& row : kElementTypes) {
    if (row.dtype == dtype) return row;
  }
  return std::nullopt;
}
constexpr std::optional<DType> dtype_of_precision(std::string_view precision) {
  for (const ElementType& row : kElementTypes) {
    if (row.precision == precision) return row.dtype;
  }
  return std::nullopt;
}
constexpr std::optional<DType> dtype_of_attribute(std::string_view attribute) {
  for (const ElementType& row : kElementTypes) {
    if (row.attribute == attribute) return row.dtype;
  }
  return std::nullopt;
}

}  // namespace modelport::openvino::layout
