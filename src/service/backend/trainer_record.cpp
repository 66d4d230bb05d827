#include "service/backend/trainer_record.h"

namespace modelport {

namespace {

Json format_to_json(const FormatCapability& format) {
  return {{"format", format.format},
          {"supported", format.supported},
          {"is_known", format.is_known},
          {"reason", format.reason},
          {"native_support", format.native_support},
          {"requires_conversion", format.requires_conversion},
          {"optimization_options", format.optimization_options},
          {"export_config", format.export_config_schema},
          {"proof", format.proof}};
}

FormatCapability format_from_json(const Json& document) {
  FormatCapability format;
  format.format = document.value("format", "");
  format.supported = document.value("supported", false);
  format.is_known = document.value("is_known", true);
  format.reason = document.value("reason", "");
  format.native_support = document.value("native_support", false);
  format.requires_conversion = document.value("requires_conversion", false);
  format.optimization_options = document.value("optimization_options", std::vector<std::string>());
  format.export_config_schema = document.value("export_config", Json());
  format.proof = document.value("proof", "");
  return format;
}

Json framework_to_json(const FrameworkCapability& framework) {
  Json document = {{"framework", framework.framework},
                   {"exporter_version", framework.exporter_version},
                   {"convention_version", framework.convention_version},
                   {"task_types", framework.task_types},
                   {"default_format", framework.default_format},
                   {"problem", framework.problem},
                   {"formats", Json::array()}};
  for (const FormatCapability& format : framework.formats) document["formats"].push_back(format_to_json(format));
  return document;
}

FrameworkCapability framework_from_json(const Json& document, const std::string& trainer) {
  FrameworkCapability framework;
  framework.trainer = trainer;
  framework.framework = document.value("framework", "");
  framework.exporter_version = document.value("exporter_version", "");
  framework.convention_version = document.value("convention_version", "");
  framework.task_types = document.value("task_types", std::vector<std::string>());
  framework.default_format = document.value("default_format", "");
  framework.problem = document.value("problem", "");
  for (const Json& format : document.value("formats", Json::array()))
    framework.formats.push_back(format_from_json(format));
  return framework;
}

}  // namespace

Json trainers_to_json(const std::vector<TrainerRegistry::Trainer>& trainers) {
  Json document = Json::array();
  for (const TrainerRegistry::Trainer& trainer : trainers) {
    Json row = {{"name", trainer->config.name},
                {"fingerprint", trainer->fingerprint},
                {"is_awaited", trainer->is_awaited},
                {"frameworks", Json::array()}};
    for (const FrameworkCapability& framework : trainer->capabilities)
      row["frameworks"].push_back(framework_to_json(framework));
    document.push_back(std::move(row));
  }
  return document;
}

std::vector<LoadedTrainer> trainers_from_json(const Json& document) {
  std::vector<LoadedTrainer> trainers;
  for (const Json& row : document) {
    LoadedTrainer trainer;
    trainer.config.name = row.value("name", "");
    trainer.fingerprint = row.value("fingerprint", "");
    trainer.is_awaited = row.value("is_awaited", false);
    for (const Json& framework : row.value("frameworks", Json::array())) {
      trainer.capabilities.push_back(framework_from_json(framework, trainer.config.name));
      trainer.config.frameworks.push_back(trainer.capabilities.back().framework);
    }
    trainers.push_back(std::move(trainer));
  }
  return trainers;
}

}  // namespace modelport
