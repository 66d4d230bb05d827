#include "cli/worker_command.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <thread>

#include "base/log.h"
#include "cli/arguments.h"
#include "cli/reload.h"
#include "cli/serve_command.h"
#include "service/api/api.h"

namespace modelport {
namespace {

constexpr std::string_view kWorkerUsage =
    "usage: modelport worker [--listen ADDRESS:PORT] [--data-dir DIR] [--config FILE]\n"
    "\n"
    "Runs the jobs of its trainers' frameworks that a service on the same PostgreSQL accepts.\n"
    "\n"
    "  --listen ADDRESS:PORT  answer /healthz, /readyz, /metrics and /capabilities there; without it nowhere\n"
    "  --data-dir DIR         its own work directories, of no other process; modelport-data\n"
    "  --config FILE          service.toml with database.url and shared_dir (docs/backend_postgresql.md)\n"
    "\n"
    "SIGTERM ends it: exports may finish within shutdown_grace_seconds, then their jobs are handed back. SIGHUP reads\n"
    "configuration and trainers again. Exit code 0: ended by a signal; 1: it cannot work; 3: arguments or\n"
    "configuration are wrong.\n";

constexpr Option kWorkerOptions[] = {{"--listen", Option::Takes::kOne},
                                     {"--data-dir", Option::Takes::kOne},
                                     {"--config", Option::Takes::kOne},
                                     {"--help", Option::Takes::kNothing}};

/// Of the service's routes those that a worker answers.
std::shared_ptr<const HttpSite> worker_site(const ServeSettings& settings, Api& api) {
  auto site = std::make_shared<HttpSite>();
  for (Route& route : make_routes(api)) {
    if (route.path == "/export/capabilities") route.path = "/capabilities";
    for (const std::string_view kept : {"/healthz", "/readyz", "/metrics", "/capabilities"}) {
      if (route.path == kept) site->routes.push_back(std::move(route));
    }
  }
  site->access = access_of(settings);
  site->limits = settings.limits;
  return site;
}

/// Waits for the first signal that ends it; a second one then ends it at once.
void await_end(const sigset_t& signals, const std::function<void()>& reload) {
  for (int number = 0; number != SIGTERM && number != SIGINT;) {
    if (sigwait(&signals, &number) == 0 && number == SIGHUP) reload();
  }
  std::thread([signals] {
    int number = 0;
    while (sigwait(&signals, &number) != 0 || number == SIGHUP) continue;
    log_warning("ended at once by a second signal");
    _exit(128 + number);
  }).detach();
}

}  // namespace

Result<int> run_worker(std::span<const std::string> arguments) {
  TRY(given, read_arguments("worker", arguments, kWorkerOptions));
  if (given.has("--help")) {
    fmt::print("{}", kWorkerUsage);
    return 0;
  }
  if (!given.positional.empty())
    return fail(ErrorCode::kInvalidArgument, "worker takes options only, {} is none", given.positional[0]);
  TRY(settings, settings_from(given));
  settings.service.role = ServiceConfig::Role::kWorker;
  settings.service.listens_at = given.value("--listen");
  mallopt(M_ARENA_MAX, 2);
  const sigset_t signals = block_signals();
  TRY(store, artifact_store_of(settings));
  TRY(source, checkpoint_source_of(settings));
  TRY(backend, Backend::start(settings.service, std::move(store), std::move(source)));
  const auto metrics = std::make_shared<HttpMetrics>();
  Api api{*backend, *metrics};
  std::unique_ptr<HttpServer> server;
  std::thread answering;
  if (given.has("--listen")) {
    TRY(listening, HttpServer::listen(settings.listen, worker_site(settings, api), metrics, /*workers=*/2));
    server = std::move(listening);
    answering = std::thread([&] { server->run(); });
    log_info("listening on {}, port {}", settings.listen.host, server->port());
  }
  log_info("working");
  await_end(signals, [&] {
    reload_configuration(given, settings, *backend, [&](const ServeSettings& now) {
      if (server) server->replace_site(worker_site(now, api));
    });
  });
  log_info("stopping: exports have {} s to end", settings.shutdown_grace.count());
  backend->shutdown(settings.shutdown_grace);
  if (server) server->stop(std::chrono::seconds(1));
  if (answering.joinable()) answering.join();
  log_info("stopped");
  std::fflush(nullptr);
  _exit(0);
}

}  // namespace modelport
