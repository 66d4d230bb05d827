#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "service/jobs/postgres_job_store.h"
#include "tests/service/backend/backend_fixture.h"
#include "tests/service/postgres_server.h"
#include "tests/service/webhooks/receiver.h"

/// A service that runs nothing itself, and `modelport worker` processes on the same PostgreSQL.
namespace modelport {
namespace {

const char* const kModelport = MODELPORT_PROGRAM;

/// A process that ends with the test.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const std::string& log) : log_(log) {
    std::vector<char*> values;
    for (const std::string& argument : arguments) values.push_back(const_cast<char*>(argument.c_str()));
    values.push_back(nullptr);
    process_ = ::fork();
    if (process_ != 0) return;
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(file, 1);
    ::dup2(file, 2);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execv(values[0], values.data());
    ::_exit(127);
  }
  ~Child() { (void)end(SIGKILL); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// The exit code, or minus the signal that ended it.
  int end(int signal) {
    if (process_ <= 0) return 0;
    if (signal != 0) ::kill(process_, signal);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  void signal(int signal) const { ::kill(process_, signal); }
  std::string log() const { return file_text(log_); }

 private:
  std::string log_;
  pid_t process_ = -1;
};

class Workers : public BackendFixture {
 protected:
  void SetUp() override {
    if (const std::string missing = PostgresServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    database_ = PostgresServer::shared().database(scratch_);
    std::filesystem::create_directories(scratch_.path("marks"));
    scratch_.write("secret", database_.password + "\n");
    scratch_.write("trainers.toml", fmt::format("[[trainer]]\nname = \"plain\"\ncommand = [\"/bin/sh\", "
                                                "\"{}/tests/service/exporters/exclusive.sh\"]\nsandbox = \"process\"\n"
                                                "environment = {{ MARKS = \"{}\" }}\n",
                                                MODELPORT_SOURCE_DIR, scratch_.path("marks")));
    scratch_.write("service.toml",
                   fmt::format("trainers = \"trainers.toml\"\nshared_dir = \"shared\"\nlease_seconds = 6\n"
                               "shutdown_grace_seconds = 0\n[database]\nurl = \"{}\"\npassword_file = \"secret\"\n",
                               database_.connection));
    ServiceConfig& front = front_;
    front.role = ServiceConfig::Role::kApi;
    front.data_directory = scratch_.path("front");
    front.shared_directory = scratch_.path("shared");
    front.database = database_.connection;
    front.database_password_file = scratch_.path("secret");
    front.lease = std::chrono::seconds(6);
    front.max_attempts = 20;
    start(front);
  }

  std::unique_ptr<Child> worker(const std::string& name) {
    return std::make_unique<Child>(
        std::vector<std::string>{kModelport, "worker", "--config", scratch_.path("service.toml"), "--data-dir",
                                 scratch_.path(name), "--listen", "127.0.0.1:0"},
        scratch_.path(name + ".log"));
  }

  bool eventually(auto condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  /// Once a worker has told its frameworks.
  JobRequest accepted_request() {
    EXPECT_TRUE(eventually([&] { return !backend_->capabilities().empty(); })) << "no worker has registered";
    return request();
  }
  using Fleet = std::map<std::string, std::unique_ptr<Child>>;
  Fleet three_workers() {
    Fleet workers;
    for (const char* name : {"one", "two", "three"}) workers[name] = worker(name);
    return workers;
  }
  struct Busy {
    std::string worker;  ///< Its name in the fleet.
    std::string job;
  };
  /// A worker in the middle of an export of one of these jobs.
  Busy wait_for_busy(const Fleet& workers, const std::vector<std::string>& ids) {
    Busy busy;
    EXPECT_TRUE(eventually([&] {
      for (const std::string& id : ids) {
        const auto job = backend_->jobs().find(id);
        if (!job || job->status != JobStatus::kRunning || job->phase != JobPhase::kExporting) continue;
        for (const auto& [name, process] : workers) {
          if (file_text(scratch_.path(name + "/worker-name")) == job->worker + "\n") busy = {name, id};
        }
      }
      return !busy.worker.empty();
    }));
    return busy;
  }
  int times(const std::string& id, std::string_view event_type) {
    const auto events = backend_->jobs().events(id, 0, 1000);
    EXPECT_TRUE(events);
    return static_cast<int>(std::ranges::count(*events, event_type, &JobEvent::type));
  }

  PostgresConfig database_;
  ServiceConfig front_;
};

TEST_F(Workers, AreMissedInWordsThatAClientCanActOn) {
  const auto refused = backend_->submit(request(), "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << refused.error().text();
}

TEST_F(Workers, EndEveryJobOnceThoughOneIsKilled) {
  Fleet workers = three_workers();
  JobRequest wanted = accepted_request();
  EXPECT_EQ(backend_->capabilities().size(), 1u) << "one framework, however many workers take it";
  wanted.force = true;
  std::vector<std::string> ids;
  for (int i = 0; i < 9; ++i) ids.push_back(submit(wanted).id);

  const Busy victim = wait_for_busy(workers, ids);
  ASSERT_FALSE(HasFailure());
  EXPECT_EQ(workers[victim.worker]->end(SIGKILL), -SIGKILL);

  for (const std::string& id : ids) {
    const Job job = wait_for_end(id);
    EXPECT_EQ(job.status, JobStatus::kCompleted) << (job.error ? job.error->message : "");
    EXPECT_EQ(times(id, "completed"), 1);
    ASSERT_TRUE(job.artifact);
    EXPECT_TRUE(backend_->artifacts().stat(job.artifact->key));
    EXPECT_NE(log_text(id).find("done"), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("marks/overlap"))) << file_text(scratch_.path("marks/overlap"));
  EXPECT_TRUE(backend_->jobs().running_attempts()->empty());
  EXPECT_EQ(backend_->artifacts().list("", "", 100)->size(), ids.size()) << "nothing lies around";
  for (auto& [name, process] : workers) {
    if (name != victim.worker) {
      EXPECT_EQ(process->end(SIGTERM), 0) << process->log();
    }
    EXPECT_EQ(process->log().find(database_.password), std::string::npos);
  }
}

TEST_F(Workers, RefuseWhatOneTellsThatWasStoppedForLongerThanItsLease) {
  Fleet workers = three_workers();
  JobRequest wanted = accepted_request();
  wanted.force = true;
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(submit(wanted).id);

  const Busy stopped = wait_for_busy(workers, ids);
  ASSERT_FALSE(HasFailure());
  workers[stopped.worker]->signal(SIGSTOP);
  for (const std::string& id : ids) EXPECT_EQ(wait_for_end(id).status, JobStatus::kCompleted);
  const Job ended = *backend_->jobs().find(stopped.job);
  EXPECT_EQ(ended.attempt, 2);
  const std::string log = log_text(stopped.job);
  EXPECT_NE(log.find("done"), std::string::npos);

  // What its exporter wrote meanwhile is still in the pipe.
  workers[stopped.worker]->signal(SIGCONT);
  const std::string directory = scratch_.path(fmt::format("{}/work/{}.1", stopped.worker, stopped.job));
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(directory); })) << "it never gave its attempt up";
  for (auto& [name, process] : workers) {
    if (name != stopped.worker) {
      EXPECT_EQ(process->end(SIGTERM), 0) << process->log();
    }
  }
  EXPECT_EQ(run(wanted).status, JobStatus::kCompleted) << "it runs jobs as before";
  const Job after = *backend_->jobs().find(stopped.job);
  EXPECT_EQ(after.attempt, 2);
  EXPECT_EQ(after.artifact->key, ended.artifact->key);
  EXPECT_EQ(after.completed_at, ended.completed_at);
  EXPECT_EQ(log_text(stopped.job), log) << "its lines are not mixed into those of the attempt that counts";
  EXPECT_EQ(times(stopped.job, "completed"), 1);
  EXPECT_EQ(times(stopped.job, "requeued"), 1);
  EXPECT_EQ(times(stopped.job, "cancelled"), 0);
  EXPECT_EQ(backend_->artifacts().list("", "", 100)->size(), ids.size() + 1) << "nothing lies around";
  EXPECT_EQ(workers[stopped.worker]->end(SIGTERM), 0) << workers[stopped.worker]->log();
}

TEST_F(Workers, HandBackWhatTheyRunWhenTheyAreToEnd) {
  auto first = worker("one");
  const JobRequest wanted = accepted_request();
  JobRequest slow = wanted;
  slow.export_config = {{"behave", "slow"}};
  const std::string id = submit(slow).id;
  wait_until(id, [](const Job& job) { return job.phase == JobPhase::kExporting; });
  EXPECT_EQ(first->end(SIGTERM), 0) << first->log();
  const Job handed_back = *backend_->jobs().find(id);
  EXPECT_EQ(handed_back.status, JobStatus::kPending);
  EXPECT_TRUE(backend_->jobs().running_attempts()->empty());

  auto second = worker("two");
  wait_until(id, [](const Job& job) { return job.attempt == 2 && job.phase == JobPhase::kExporting; });
  ASSERT_TRUE(backend_->cancel(id, CancelMode::kGraceful));
  EXPECT_EQ(wait_for_end(id).status, JobStatus::kCancelled) << "the worker hears of it";
  EXPECT_EQ(second->end(SIGTERM), 0) << second->log();
}

// A worker that asks an exporter anew what it can do, and waits long for the answer, is not taken for dead.
TEST_F(Workers, RenewLeasesWhateverElseTheyWaitFor) {
  const std::string slow = scratch_.write("slow.sh", "exit 3\n");
  scratch_.write("trainers.toml", file_text(scratch_.path("trainers.toml")) +
                                      fmt::format("[[trainer]]\nname = \"slow\"\ncommand = [\"/bin/sh\", \"{}\"]\n"
                                                  "sandbox = \"process\"\n[trainer.environment]\nPAUSE = \"7\"\n",
                                                  slow));
  const auto one = worker("one");
  ASSERT_TRUE(eventually([&] { return backend_->capabilities().size() == 2; }));
  scratch_.write("slow.sh", fmt::format("[ \"$1\" = --capabilities ] && exec sleep 300\nMARKS='{}' exec /bin/sh "
                                        "{}/tests/service/exporters/exclusive.sh \"$@\"\n",
                                        scratch_.path("marks"), MODELPORT_SOURCE_DIR));
  ASSERT_TRUE(eventually([&] { return one->log().find("being asked again") != std::string::npos; })) << one->log();
  JobRequest wanted = request();
  wanted.framework = "slow";
  const Job job = wait_for_end(submit(wanted).id);
  EXPECT_EQ(job.attempt, 1);
  EXPECT_FALSE(std::filesystem::exists(scratch_.path("marks/overlap")));
}

TEST_F(Workers, EndJobsThatSeveralServicesTellOfOnce) {
  Receiver receiver(Receiver::status("204 No Content"));
  ServiceConfig telling = front_;
  telling.webhooks.secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
  telling.webhooks.allow = {"127.0.0.1"};
  start(telling);
  telling.data_directory = scratch_.path("second-front");
  const auto second = Backend::start(telling);
  ASSERT_TRUE(second) << second.error().text();
  const auto one = worker("one");
  JobRequest wanted = accepted_request();
  wanted.force = true;
  wanted.webhook_url = receiver.url();
  std::set<std::string> ids, told;
  for (int i = 0; i < 5; ++i) ids.insert(submit(wanted).id);
  const auto delivered = [&] {
    return backend_->jobs().deliveries().list({DeliveryState::kDelivered, ""}, "", 100)->deliveries;
  };
  EXPECT_TRUE(eventually([&] { return delivered().size() == ids.size(); }));
  for (const WebhookDelivery& delivery : delivered()) told.insert(delivery.job_id);
  EXPECT_EQ(told, ids);
  EXPECT_EQ(receiver.requests().size(), ids.size());
}

TEST_F(Workers, AreRefusedWithoutPostgres) {
  scratch_.write("alone.toml", "shared_dir = \"shared\"\n");
  Child alone({kModelport, "worker", "--config", scratch_.path("alone.toml"), "--data-dir", scratch_.path("alone")},
              scratch_.path("alone.log"));
  EXPECT_EQ(alone.end(0), 3);
  EXPECT_NE(alone.log().find("a worker needs PostgreSQL"), std::string::npos) << alone.log();
}

}  // namespace
}  // namespace modelport
