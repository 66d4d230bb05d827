#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

/// What your trainer fills in (model.cpp). Everything else in this folder is the convention: leave it as it is.
///
/// The functions run in a scratch directory that is removed afterwards: write whatever you like into the current
/// directory. Any exception but the two below ends the export with exit code 1 and its what() as the last ERROR line.

using Json = nlohmann::json;

/// Your framework's loaded model.
struct Model;

/// A format that cannot be exported here after all: exit code 3, "Unsupported format: ".
struct NotImplemented : std::logic_error {
  using std::logic_error::logic_error;
};

/// The export was written, and is wrong: exit code 2.
struct ValidationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Loads the checkpoint, a file or a directory; throws std::runtime_error where it is damaged. The path is a link in
/// the scratch directory: std::filesystem::canonical finds its neighbours.
std::shared_ptr<Model> load_model(const std::string& checkpoint_path);

/// framework, model_name, task_type, input_shape, input_dtype, output_shape and, for detection and classification,
/// class_names and num_classes. export_format, created_at and export_config are added by the caller.
Json get_metadata(const Model& model);

/// A format of the convention, as far as this exporter goes.
struct Offer {
  /// Writes it and returns the path of what it wrote: a file; a .mlpackage directory for CoreML; the .xml with its .bin
  /// beside it for OpenVINO. `config` is the object given as --export_config. Null where the format is not offered.
  std::string (*write)(const Model& model, const Json& config);
  std::string reason;  ///< Why it is not offered.
};

/// What --capabilities tells of this exporter, and what it exports.
struct Exporter {
  std::string framework, version;
  std::vector<std::string> task_types;
  std::map<std::string, Offer> formats;  ///< All six.
};
extern const Exporter kExporter;

/// Checks the exported file, which has its final name but is not published yet; throws ValidationError.
void validate_export(const std::string& output_path);
