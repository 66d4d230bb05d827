#pragma once

#include <gtest/gtest.h>

#include <thread>

#include "service/backend/backend.h"
#include "tests/service/scratch_directory.h"

namespace modelport {

/// A Backend on a directory of its own, with tests/service/exporters/plain.sh as the exporter of framework "plain".
class BackendFixture : public testing::Test {
 protected:
  static TrainerConfig plain_trainer() {
    TrainerConfig trainer;
    trainer.name = "plain";
    trainer.command = {"/bin/sh", MODELPORT_SOURCE_DIR "/tests/service/exporters/plain.sh"};
    trainer.frameworks = {"plain"};
    trainer.limits.grace = std::chrono::seconds(1);
    return trainer;
  }

  ServiceConfig config() {
    ServiceConfig config;
    config.data_directory = scratch_.path("data");
    std::filesystem::create_directories(scratch_.path("roots"));
    config.checkpoint_roots = {scratch_.path("roots")};
    config.trainers = {plain_trainer()};
    return config;
  }

  void start(ServiceConfig wanted) {
    backend_.reset();
    auto started = Backend::start(std::move(wanted));
    ASSERT_TRUE(started) << started.error().text();
    backend_ = *std::move(started);
  }

  std::string upload(const std::string& content, const std::string& name = "model.pt",
                     UploadKind kind = UploadKind::kFile) {
    auto upload = backend_->checkpoints().begin_upload(name, kind, system_clock().now());
    EXPECT_TRUE(upload);
    EXPECT_TRUE((*upload)->append(std::as_bytes(std::span(content))));
    auto finished = (*upload)->finish();
    EXPECT_TRUE(finished) << finished.error().text();
    return finished ? finished->id : "";
  }

  JobRequest request(const std::string& behave = "", const std::string& format = "onnx") {
    JobRequest request;
    request.framework = "plain";
    request.export_format = format;
    request.checkpoint_id = upload("weights of a model");
    if (!behave.empty()) request.export_config = {{"behave", behave}};
    return request;
  }

  Job submit(const JobRequest& wanted) {
    auto creation = backend_->submit(wanted, "");
    EXPECT_TRUE(creation) << creation.error().text();
    return creation ? creation->job : Job();
  }

  Job wait_until(const std::string& id, auto condition) {
    Job job;
    for (int i = 0; i < 3000; ++i) {
      auto found = backend_->jobs().find(id);
      EXPECT_TRUE(found);
      if (!found) return job;
      job = *found;
      if (condition(job)) return job;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    ADD_FAILURE() << "job " << id << " is still " << info(job.status).name;
    return job;
  }
  Job wait_for_end(const std::string& id) {
    return wait_until(id, [](const Job& job) { return info(job.status).is_terminal; });
  }
  Job run(const JobRequest& wanted) { return wait_for_end(submit(wanted).id); }

  std::string log_text(const std::string& id) {
    std::string text;
    auto lines = backend_->logs().read(id, 0, 100000);
    EXPECT_TRUE(lines);
    for (const LogLine& line : *lines) text += line.text + "\n";
    return text;
  }

  ScratchDirectory scratch_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace modelport
