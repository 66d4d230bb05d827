#include "cli/serve_command.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/reload.h"
#include "cli/serve_settings.h"
#include "cli/trainers.h"
#include "io/mapped_file.h"
#include "service/api/api.h"
#include "service/s3/s3_artifact_store.h"
#include "service/s3/s3_checkpoint_source.h"

namespace modelport {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kServeUsage =
    "usage: modelport serve [--listen ADDRESS:PORT] [--data-dir DIR] [--config FILE]\n"
    "\n"
    "The export service: takes checkpoints, runs the trainers' exporters, keeps and serves what they make. The page "
    "is\n"
    "at /, the API is described at /openapi.json.\n"
    "\n"
    "  --listen ADDRESS:PORT  127.0.0.1:8080; on other addresses than loopback, configure tokens first\n"
    "  --data-dir DIR         database, logs, uploads and artifacts; modelport-data\n"
    "  --config FILE          service.toml (docs/backend.md); the options above go before it\n"
    "\n"
    "SIGTERM ends it in order, SIGHUP reads configuration and trainers again. Exit code 0: ended by a signal; 1: it\n"
    "cannot work; 3: arguments or configuration are wrong.\n";

constexpr Option kServeOptions[] = {{"--listen", Option::Takes::kOne},
                                    {"--data-dir", Option::Takes::kOne},
                                    {"--config", Option::Takes::kOne},
                                    {"--help", Option::Takes::kNothing}};

std::string own_program() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

/// The repository's exporters, where this release's commands find them.
Result<std::vector<TrainerConfig>> default_trainers() {
  TRY(trainers, parse_trainers(default_trainers_toml(), "the default trainers"));
  for (TrainerConfig& trainer : trainers) {
    for (const TrainerRow& row : trainer_table()) {
      if (row.executable != trainer.command[0]) continue;
      if (const ProgramSearch found = find_trainer(row); !found.path.empty()) trainer.command[0] = found.path;
    }
  }
  return trainers;
}

Result<std::vector<TrainerConfig>> trainers_of(const std::string& path) {
  if (path.empty()) return default_trainers();
  TRY(file, MappedFile::open(path));
  const std::span<const std::byte> bytes = file->bytes();
  return parse_trainers({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

}  // namespace

Result<ServeSettings> settings_from(const GivenArguments& given) {
  ServeSettings settings;
  if (given.has("--config")) {
    TRY(read, read_serve_settings(given.value("--config")));
    settings = std::move(read);
  }
  if (given.has("--listen")) {
    TRY(address, parse_listen_address(given.value("--listen")));
    settings.listen = address;
    settings.taken_at_start.erase("listen");
  }
  if (given.has("--data-dir")) {
    settings.service.data_directory = given.value("--data-dir");
    settings.taken_at_start.erase("data_dir");
  }
  if (settings.service.data_directory.empty()) settings.service.data_directory = "modelport-data";
  settings.service.data_directory = fs::absolute(settings.service.data_directory);
  settings.service.inspect_program = own_program();
  TRY(trainers, trainers_of(settings.service.trainers_file));
  settings.service.trainers = std::move(trainers);
  return settings;
}

AccessRules access_of(const ServeSettings& settings) {
  AccessRules access = settings.access;
  if (!settings.listen.is_loopback() && access.host_names.empty()) access.hosts = AccessRules::Hosts::kAny;
  return access;
}

namespace {

Result<S3Config> s3_of_environment() {
  return s3_config_from([](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  });
}

std::shared_ptr<const HttpSite> site_from(const ServeSettings& settings, Api& api) {
  auto site = std::make_shared<HttpSite>();
  site->routes = make_routes(api);
  site->access = access_of(settings);
  site->limits = settings.limits;
  site->limits.upload_bytes = settings.service.max_upload_bytes;
  site->rate = settings.rate.value_or(settings.listen.is_loopback() ? RateLimit{} : RateLimit{100, 500});
  return site;
}

}  // namespace

Result<std::unique_ptr<ArtifactStore>> artifact_store_of(const ServeSettings& settings) {
  if (settings.store == ServeSettings::Store::kLocal) return std::unique_ptr<ArtifactStore>();
  TRY(config, s3_of_environment());
  return make_s3_artifact_store(std::move(config));
}

Result<std::unique_ptr<CheckpointSource>> checkpoint_source_of(const ServeSettings& settings) {
  if (settings.service.checkpoint_sources.empty()) return std::unique_ptr<CheckpointSource>();
  TRY(config, s3_of_environment());
  return make_s3_checkpoint_source(config, settings.service.checkpoint_sources);
}

sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  return signals;
}

namespace {

void obey_signals(const sigset_t& signals, const GivenArguments& given, const ServeSettings& settings, Api& api,
                  HttpServer& server) {
  const std::chrono::seconds grace = settings.shutdown_grace;
  for (bool stopping = false;;) {
    int number = 0;
    if (sigwait(&signals, &number) != 0) continue;
    if (number == SIGHUP) {
      reload_configuration(given, settings, api.backend,
                           [&](const ServeSettings& now) { server.replace_site(site_from(now, api)); });
    } else if (stopping) {
      log_warning("ended at once by a second signal");
      _exit(128 + number);
    } else {
      stopping = true;
      log_info("stopping: requests and exports have {} s to end", grace.count());
      server.stop(grace);
    }
  }
}

}  // namespace

Result<int> run_serve(std::span<const std::string> arguments) {
  TRY(given, read_arguments("serve", arguments, kServeOptions));
  if (given.has("--help")) {
    fmt::print("{}", kServeUsage);
    return 0;
  }
  if (!given.positional.empty())
    return fail(ErrorCode::kInvalidArgument, "serve takes options only, {} is none", given.positional[0]);
  TRY(settings, settings_from(given));
  // Many threads that allocate a little each: two arenas instead of one a thread keep an idle service small.
  mallopt(M_ARENA_MAX, 2);
  const sigset_t signals = block_signals();
  const auto metrics = std::make_shared<HttpMetrics>();
  TRY(store, artifact_store_of(settings));
  TRY(source, checkpoint_source_of(settings));
  TRY(backend, Backend::start(settings.service, std::move(store), std::move(source)));
  Api api{*backend, *metrics};
  TRY(server,
      HttpServer::listen(settings.listen, site_from(settings, api), metrics, static_cast<unsigned>(settings.workers)));
  if (!settings.listen.is_loopback() && settings.access.token_digests.empty())
    log_warning("anybody who reaches {} may export: no token is configured", settings.listen.host);
  log_info(
      "listening on http://{}:{}",
      settings.listen.host.find(':') == std::string::npos ? settings.listen.host : "[" + settings.listen.host + "]",
      server->port());
  std::thread([&] { obey_signals(signals, given, settings, api, *server); }).detach();
  server->run();
  backend->shutdown(settings.shutdown_grace);
  log_info("stopped");
  // The signal thread still refers to what would be destroyed now, and everything durable is on the disk.
  std::fflush(nullptr);
  _exit(0);
}

}  // namespace modelport
