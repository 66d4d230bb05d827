#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace modelport {

/// Version of the export convention that this project implements.
inline constexpr std::string_view kConventionVersion = "1.0";

/// The formats that convention 1.0 names, in its order.
inline constexpr std::string_view kConventionFormats[] = {"onnx",   "tensorrt",    "coreml",
                                                          "tflite", "torchscript", "openvino"};

/// The text of convention/metadata.schema.json, proof.schema.json and capabilities.schema.json (JSON Schema draft-07).
extern const std::string_view kMetadataSchemaText;
extern const std::string_view kProofSchemaText;
extern const std::string_view kCapabilitiesSchemaText;

/// One violation: where in the document (a JSON pointer, "" is the root) and what is wrong.
struct SchemaViolation {
  std::string path;
  std::string message;
};

/// Every violation of the schema, empty when the document is valid.
std::vector<SchemaViolation> check_against_schema(std::string_view schema_text, const Json& document);

}  // namespace modelport
