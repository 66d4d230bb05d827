#include "tests/service/postgres_server.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace modelport {

namespace {

const std::string kPrograms = "/usr/lib/postgresql/15/bin/";

/// PostgreSQL does not run as root.
const passwd* server_user() { return ::geteuid() == 0 ? ::getpwnam("postgres") : ::getpwuid(::geteuid()); }

/// Starts a program as that user, its output in `log`; it ends with this process.
pid_t start_program(const std::vector<std::string>& arguments, const std::string& log) {
  std::vector<char*> values;
  for (const std::string& argument : arguments) values.push_back(const_cast<char*>(argument.c_str()));
  values.push_back(nullptr);
  const passwd* user = server_user();
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::dup2(file, 1);
  ::dup2(file, 2);
  if (::geteuid() == 0 && (::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0)) ::_exit(126);
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::chdir("/") == 0) ::execv(values[0], values.data());
  ::_exit(127);
}

}  // namespace

std::string PostgresServer::missing() {
  if (::access((kPrograms + "postgres").c_str(), X_OK) != 0) return "the package postgresql-15 is not installed";
  return server_user() == nullptr ? "there is no user postgres to run it" : "";
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() {
  const std::string secret = directory_.write("password", password_);
  const passwd* user = server_user();
  for (const std::string& path : {directory_.path(), secret}) {
    if (::geteuid() == 0 && ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) ADD_FAILURE() << path;
  }
  const pid_t made =
      start_program({kPrograms + "initdb", "--no-sync", "--auth=scram-sha-256", "--pwfile=" + secret,
                     "--username=tester", "--encoding=UTF8", "--locale=C.UTF-8", directory_.path("data")},
                    directory_.path("log"));
  int status = -1;
  if (::waitpid(made, &status, 0) != made || status != 0) ADD_FAILURE() << file_text(directory_.path("log"));
  start();
}

PostgresServer::~PostgresServer() { stop(); }

void PostgresServer::start() {
  process_ =
      start_program({kPrograms + "postgres", "-D", directory_.path("data"), "-c", "listen_addresses=", "-c",
                     "unix_socket_directories=" + directory_.path(), "-c", "fsync=off", "-c", "shared_buffers=16MB"},
                    directory_.path("log"));
  for (int i = 0; i < 1200; ++i) {
    if (PostgresConnection::open(config("postgres"))) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ADD_FAILURE() << "PostgreSQL does not start: " << file_text(directory_.path("log"));
}

void PostgresServer::stop() {
  if (process_ <= 0) return;
  ::kill(process_, SIGQUIT);
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
}

PostgresConfig PostgresServer::config(const std::string& database) const {
  return {fmt::format("host={} user=tester dbname={}", directory_.path(), database), password_};
}

PostgresConfig PostgresServer::database(const ScratchDirectory& scratch) {
  std::string name = "t";
  for (const char c : std::filesystem::path(scratch.path()).filename().string()) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  }
  auto admin = PostgresConnection::open(config("postgres"));
  EXPECT_TRUE(admin) << admin.error().text();
  if (!admin) return {};
  auto known = (*admin)->query("SELECT 1 FROM pg_database WHERE datname = $1", name);
  EXPECT_TRUE(known);
  if (!known->next()) {
    const Status made = (*admin)->execute("CREATE DATABASE \"" + name + "\"");
    EXPECT_TRUE(made) << made.error().text();
  }
  return config(name);
}

}  // namespace modelport
